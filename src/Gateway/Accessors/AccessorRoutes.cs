using Microsoft.Extensions.Logging;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Accessors;

/// <summary>Routes of reads: the grain's, or the last one seen while the grain cannot be reached, or cannot read its record.</summary>
internal sealed partial class AccessorRoutes(
    GrainCalls grains, RouteMemory memory, IClusterStanding standing, GatewayOptions options, TimeProvider time, GatewayMetrics metrics, ILogger<AccessorRoutes> logger)
{
    private static readonly AccessorRequest s_forced = new(ForcePrimary: true, []);

    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrpcException">Unavailable: the grain cannot be reached or cannot read its record, and no route is remembered, or may be used.</exception>
    public async ValueTask<AccessorRoute> GetAsync(RepositoryKey key, VirtualStorageNodes nodes, bool forced, CancellationToken cancellationToken)
    {
        var avoid = nodes.Avoided(time.GetTimestamp());
        var request = avoid.IsEmpty ? forced ? s_forced : AccessorRequest.Any : new AccessorRequest(forced, avoid);
        try
        {
            var route = await grains.CallAsync(
                key, request, static (grain, r, token) => grain.RouteAccessorAsync(r, token), options.RouteTimeout, cancellationToken);
            memory.Remember(key, forced, route);
            metrics.RouteCache(key.VirtualStorage, "populate");
            return route;
        }
        catch (RouteException e) when (e.Failure == RouteFailure.StoreUnavailable)
        {
            // The grain could not read its record, so it is nowhere.
            return await FromMemoryAsync(key, forced, e, cancellationToken);
        }
        catch (RouteException e)
        {
            if (e.Failure == RouteFailure.RepositoryNotFound)
            {
                memory.Forget(key);
                metrics.RouteCache(key.VirtualStorage, "evict");
            }

            throw;
        }
        catch (GrainUnreachableException e)
        {
            return await FromMemoryAsync(key, forced, e, cancellationToken);
        }
    }

    private async ValueTask<AccessorRoute> FromMemoryAsync(RepositoryKey key, bool forced, Exception reason, CancellationToken cancellationToken)
    {
        if (await standing.GivenUpAsync(cancellationToken) is { } givenUp)
            throw new GrpcException(GrpcStatusCode.Unavailable, givenUp, reason);
        var route = memory.Recall(key, forced);
        metrics.RouteCache(key.VirtualStorage, route is null ? "miss" : "hit");
        if (route is null)
            throw new GrpcException(GrpcStatusCode.Unavailable, reason.Message, reason);
        metrics.RoutedFromMemory();
        LogFromMemory(logger, key.VirtualStorage, key.RelativePath, reason.Message);
        return route;
    }

    [LoggerMessage(1, LogLevel.Warning, "read routed as last seen: virtual_storage={VirtualStorage} relative_path={RelativePath} reason={Reason}")]
    private static partial void LogFromMemory(ILogger logger, string virtualStorage, string relativePath, string reason);
}
