using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.StorageScoped;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Accessors;

/// <summary>Reads: one up-to-date replica, and another one when the first cannot be connected and nothing was sent, or falls silent before it has answered.</summary>
internal sealed class AccessorHandler(
    AccessorRoutes routes, ReplicaChoice choice, NodeForwarder forwarder, HealthyNodes healthy, GatewayMetrics metrics)
{
    public async Task HandleAsync(ProxyCall call)
    {
        AccessorRoute route;
        try
        {
            route = await routes.GetAsync(call);
        }
        catch (RouteException e) when (e.Failure == RouteFailure.RepositoryNotFound && call.Method.Path == Methods.Repository.BackupRepository)
        {
            // A backup of a repository that was never created is a backup of nothing; only a node can say so in its own words.
            await ForwardAsync(call, await healthy.StoragesAsync(call.Nodes, call.Token), call.Key.RelativePath);
            return;
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.Accessor);
        }

        await ForwardAsync(call, route.Storages, route.ReplicaPath);
    }

    private async Task ForwardAsync(ProxyCall call, System.Collections.Immutable.ImmutableArray<string> storages, string replicaPath)
    {
        var node = choice.Choose(call.Nodes, storages)
            ?? throw new GrpcException(RouteErrors.Status(RouteFailure.NoSuitableNode, RoutePrefix.Accessor));
        var end = await SendAsync(call, node, replicaPath);
        if ((end.Break == CallBreak.NotSent || end.FellSilent) && !call.Method.ClientStreaming && choice.Choose(call.Nodes, storages, except: node) is { } other)
        {
            metrics.Retried(call.Nodes.Name, node.Storage);
            end = await SendAsync(call, other, replicaPath);
        }

        await NodeForwarder.EndAsync(call, end);
    }

    private async Task<CallEnd> SendAsync(ProxyCall call, GatewayNode node, string replicaPath)
    {
        metrics.Read(call.Nodes.Name, node.Storage);
        call.Route = new CallRoute { ReplicaPath = replicaPath, Storage = node.Storage };
        using var frame = RequestRewriter.Rewrite(call.Frame, call.Method, node.Storage, replicaPath, additionalReplicaPath: null);
        using var watch = new SilenceWatch(call, node);
        return watch.Judge(await forwarder.SendAsync(call, node, frame.Memory, new NodeExtras(), watch.Token));
    }
}
