using Microsoft.Extensions.Logging;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Routing;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Maintenance;

/// <summary>Housekeeping: sent to every healthy replica, whatever its generation. Each runs to its end; the first error in route order is the answer.</summary>
internal sealed partial class MaintenanceHandler(
    GrainCalls grains, NodeRequests requests, NodeEvidence evidence, GatewayOptions options, TimeProvider time,
    ILogger<MaintenanceHandler> logger)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var route = await RouteAsync(call);
        call.Route = new CallRoute { ReplicaPath = route.ReplicaPath, Storages = route.Storages };
        var calls = new Task<CallEnd>[route.Storages.Length];
        for (var i = 0; i < calls.Length; i++)
            calls[i] = SendAsync(call, route.Storages[i], route.ReplicaPath, i == 0 ? call.Response : null);
        var ends = await Task.WhenAll(calls);
        for (var i = 0; i < ends.Length; i++)
        {
            if (!ends[i].Ok)
                LogFailed(logger, call.Method.Path, route.Storages[i], ends[i].Code, ends[i].Message);
        }

        await NodeForwarder.EndAsync(call, ends.FirstOrDefault(e => !e.Ok) ?? ends[0]);
    }

    private async Task<MaintenanceRoute> RouteAsync(ProxyCall call)
    {
        try
        {
            return await grains.CallAsync(
                call.Key, call.Nodes.Avoided(time.GetTimestamp()), static (grain, avoid, token) => grain.RouteMaintenanceAsync(avoid, token), options.RouteTimeout, call.Token);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.Maintenance);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }
    }

    private async Task<CallEnd> SendAsync(ProxyCall call, string storage, string replicaPath, ClientResponse? client)
    {
        if (!call.Nodes.TryGet(storage, out var node))
            return new CallEnd(GrpcStatusCode.Internal, $"no connection to node \"{call.Nodes.Name}\"/\"{storage}\"", CallBreak.NotSent);
        using var frame = RequestRewriter.Rewrite(call.Frame, call.Method, storage, replicaPath, additionalReplicaPath: null);
        using var content = new FrameContent(frame.Memory);
        using var request = requests.Create(call, node, content, new NodeExtras(FixFlags: true));
        var end = await new NodeCall(node, node.Connection.Plain, request, content, time).RunAsync(client, flushAtEnd: false, call.Token);
        if (end.ConnectionLost)
            evidence.Unreachable(node, end.Message);
        return end;
    }

    [LoggerMessage(1, LogLevel.Warning, "maintenance failed on a node: grpc_method={Method} storage={Storage} code={Code} error={Error}")]
    private static partial void LogFailed(ILogger logger, string method, string storage, GrpcStatusCode code, string error);
}
