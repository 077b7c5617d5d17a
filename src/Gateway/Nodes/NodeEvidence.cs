using Microsoft.Extensions.Logging;
using Praefect.Gateway.Background;
using Praefect.Gateway.Grains;

namespace Praefect.Gateway.Nodes;

/// <summary>Takes in what calls saw of nodes: one that cannot be reached is passed over for a moment and reported, so that it is probed at once.</summary>
internal sealed partial class NodeEvidence(
    GatewayOptions options, TimeProvider time, IGatewayGrains grains, BackgroundWork background, ILogger<NodeEvidence> logger)
{
    /// <summary>The connection to a node was lost or could not be made.</summary>
    public void Unreachable(GatewayNode node, string reason)
    {
        node.AvoidUntil(time.GetTimestamp() + (long)(options.AvoidFor.TotalSeconds * time.TimestampFrequency));
        if (!node.TryBeginSuspecting())
            return;
        LogUnreachable(logger, node.Key.VirtualStorage, node.Storage, reason);
        if (!background.TryRun("suspect", token => SuspectAsync(node, reason, token)))
            node.EndSuspecting();
    }

    private async Task SuspectAsync(GatewayNode node, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await grains.Node(node.Key).SuspectAsync(reason, cancellationToken).WaitAsync(options.RouteTimeout, time, cancellationToken);
        }
        finally
        {
            node.EndSuspecting();
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "node cannot be reached: virtual_storage={VirtualStorage} storage={Storage} reason={Reason}")]
    private static partial void LogUnreachable(ILogger logger, string virtualStorage, string storage, string reason);
}
