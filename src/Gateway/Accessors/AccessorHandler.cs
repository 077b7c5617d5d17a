using System.Collections.Immutable;
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

namespace Praefect.Gateway.Accessors;

/// <summary>Reads: sent to one of the up-to-date replicas.</summary>
internal sealed class AccessorHandler(AccessorRoutes routes, ReplicaReads reads, NodeForwarder forwarder, HealthyNodes healthy)
{
    public async Task HandleAsync(ProxyCall call)
    {
        AccessorRoute route;
        try
        {
            route = await routes.GetAsync(call.Key, call.Nodes, call.ForcesPrimary, call.Token);
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

    private async Task ForwardAsync(ProxyCall call, ImmutableArray<string> storages, string replicaPath)
    {
        var end = await reads.RunAsync(call.Nodes, storages, repeatable: !call.Method.ClientStreaming, node => SendAsync(call, node, replicaPath));
        await NodeForwarder.EndAsync(call, end);
    }

    private async Task<CallEnd> SendAsync(ProxyCall call, GatewayNode node, string replicaPath)
    {
        call.Route = new CallRoute { ReplicaPath = replicaPath, Storage = node.Storage };
        using var frame = RequestRewriter.Rewrite(call.Frame, call.Method, node.Storage, replicaPath, additionalReplicaPath: null);
        using var watch = new SilenceWatch(call, node);
        return watch.Judge(await forwarder.SendAsync(call, node, frame.Memory, new NodeExtras(), watch.Token));
    }
}
