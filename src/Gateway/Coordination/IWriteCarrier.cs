using System.Collections.Immutable;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Coordination;

/// <summary>Carries one write between its client and its nodes. Decides nothing.</summary>
internal interface IWriteCarrier
{
    /// <summary>Prepares a call for each node of the route, the primary's first.</summary>
    ImmutableArray<IWriteParticipant> Prepare(MutatorRoute route);

    /// <summary>Sends all of them what the client sends after its first message, to its end. Never throws.</summary>
    /// <param name="admit">
    /// Gets what a push touches, which stands in what is sent here, and waits until it may be. When it throws, the nodes get nothing.
    /// </param>
    /// <param name="cancellationToken">The nodes' calls are over, or the client's is.</param>
    Task SendRestAsync(Func<ImmutableArray<string>, CancellationToken, Task> admit, CancellationToken cancellationToken);
}
