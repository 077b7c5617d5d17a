using Praefect.Gateway.Errors;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.StorageScoped;

/// <summary>Calls that name a storage and no repository: reads go to any healthy node; there is no such write behind a virtual storage.</summary>
internal sealed class StorageScopedHandler(HealthyNodes healthy, ReplicaChoice choice, NodeForwarder forwarder)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var name = call.Nodes.Name;
        if (call.Method.Operation != RpcOperation.Accessor)
            throw new GrpcException(GrpcStatusCode.Unimplemented, $"storage scoped: {call.Method.Path} has no meaning behind virtual storage \"{name}\"");
        var prefix = $"accessor storage scoped: route storage accessor \"{name}\": ";
        GatewayNode node;
        try
        {
            node = choice.Choose(call.Nodes, await healthy.StoragesAsync(call.Nodes, call.Token))
                ?? throw new GrpcException(RouteErrors.Status(RouteFailure.NoHealthyNodes, prefix));
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, prefix);
        }

        using var frame = RequestRewriter.RewriteStorage(call.Frame, call.Method, node.Storage);
        await NodeForwarder.EndAsync(call, await forwarder.SendAsync(call, node, frame.Memory, new NodeExtras()));
    }
}
