using Microsoft.Extensions.Logging;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Accessors;

/// <summary>Routes of reads: the grain's, or the last one seen while the grain cannot be reached, or cannot read its record.</summary>
internal sealed partial class AccessorRoutes(
    GrainCalls grains, RouteMemory memory, IRouteMemoryGuard guard, GatewayOptions options, TimeProvider time, GatewayMetrics metrics, ILogger<AccessorRoutes> logger)
{
    private static readonly AccessorRequest s_forced = new(ForcePrimary: true, []);

    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrpcException">Unavailable: the grain cannot be reached or cannot read its record, and no route is remembered, or may be used.</exception>
    public async ValueTask<AccessorRoute> GetAsync(ProxyCall call)
    {
        var forced = call.ForcesPrimary;
        var avoid = call.Nodes.Avoided(time.GetTimestamp());
        var request = avoid.IsEmpty ? forced ? s_forced : AccessorRequest.Any : new AccessorRequest(forced, avoid);
        try
        {
            var route = await grains.CallAsync(
                call.Key, request, static (grain, r, token) => grain.RouteAccessorAsync(r, token), options.RouteTimeout, call.Token);
            memory.Remember(call.Key, forced, route);
            metrics.RouteCache(call.Nodes.Name, "populate");
            return route;
        }
        catch (RouteException e) when (e.Failure == RouteFailure.StoreUnavailable)
        {
            // The grain could not read its record, so it is nowhere.
            return await FromMemoryAsync(call, e);
        }
        catch (RouteException e)
        {
            if (e.Failure == RouteFailure.RepositoryNotFound)
            {
                memory.Forget(call.Key);
                metrics.RouteCache(call.Nodes.Name, "evict");
            }

            throw;
        }
        catch (GrainUnreachableException e)
        {
            return await FromMemoryAsync(call, e);
        }
    }

    private async ValueTask<AccessorRoute> FromMemoryAsync(ProxyCall call, Exception reason)
    {
        if (await guard.ObjectionAsync(call.Token) is { } objection)
            throw new GrpcException(GrpcStatusCode.Unavailable, objection, reason);
        var route = memory.Recall(call.Key, call.ForcesPrimary);
        metrics.RouteCache(call.Nodes.Name, route is null ? "miss" : "hit");
        if (route is null)
            throw new GrpcException(GrpcStatusCode.Unavailable, reason.Message, reason);
        metrics.RoutedFromMemory();
        LogFromMemory(logger, call.Key.VirtualStorage, call.Key.RelativePath, reason.Message);
        return route;
    }

    [LoggerMessage(1, LogLevel.Warning, "read routed as last seen: virtual_storage={VirtualStorage} relative_path={RelativePath} reason={Reason}")]
    private static partial void LogFromMemory(ILogger logger, string virtualStorage, string relativePath, string reason);
}
