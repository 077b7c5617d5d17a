using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;

namespace Praefect.Gateway.Coordination;

/// <summary>One node's part in a write: its call, ready to be made once.</summary>
internal interface IWriteParticipant : IDisposable
{
    /// <summary>As the grain named it.</summary>
    string Storage { get; }

    /// <summary>Null when the grain names a storage that is not configured here; its call cannot be made.</summary>
    GatewayNode? Node { get; }

    /// <summary>Makes the call, to its end. Never throws for what the node or the network does.</summary>
    /// <param name="cancellationToken">Cuts the call off; its end then says so.</param>
    Task<CallEnd> RunAsync(CancellationToken cancellationToken);
}
