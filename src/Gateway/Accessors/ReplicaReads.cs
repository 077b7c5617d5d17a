using System.Collections.Immutable;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Accessors;

/// <summary>Has a read sent to one replica, and to another one when the first cannot be connected and nothing was sent, or falls silent before it has answered.</summary>
internal sealed class ReplicaReads(ReplicaChoice choice, GatewayMetrics metrics)
{
    /// <param name="nodes">The virtual storage.</param>
    /// <param name="storages">Replicas that may serve.</param>
    /// <param name="repeatable">All of the request is here, so that it can be sent again.</param>
    /// <param name="send">Sends it to a node.</param>
    /// <exception cref="GrpcException">No replica can be asked.</exception>
    public async Task<CallEnd> RunAsync(VirtualStorageNodes nodes, ImmutableArray<string> storages, bool repeatable, Func<GatewayNode, Task<CallEnd>> send)
    {
        var node = choice.Choose(nodes, storages) ?? throw new GrpcException(RouteErrors.Status(RouteFailure.NoSuitableNode, RoutePrefix.Accessor));
        metrics.Read(nodes.Name, node.Storage);
        var end = await send(node);
        if ((end.Break != CallBreak.NotSent && !end.FellSilent) || !repeatable || choice.Choose(nodes, storages, except: node) is not { } other)
            return end;
        metrics.Retried(nodes.Name, node.Storage);
        metrics.Read(nodes.Name, other.Storage);
        return await send(other);
    }
}
