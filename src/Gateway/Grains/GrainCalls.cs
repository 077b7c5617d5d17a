using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Telemetry;

namespace Praefect.Gateway.Grains;

/// <summary>Calls on grains with a deadline of the gateway's own and one more attempt: a silo that dies must cost a caller seconds, not the runtime's long timeout.</summary>
internal sealed class GrainCalls(IGatewayGrains grains, TimeProvider time, GatewayMetrics metrics)
{
    public IRepositoryGrain Repository(RepositoryKey key) => grains.Repository(key);

    /// <summary>Calls, and calls once more when the runtime fails or <paramref name="timeout"/> passes. The call must be safe to repeat.</summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">Both attempts failed.</exception>
    public async ValueTask<T> CallAsync<TState, T>(
        RepositoryKey key, TState state, Func<IRepositoryGrain, TState, CancellationToken, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var task = call(grains.Repository(key), state, cancellationToken);
                return task.IsCompletedSuccessfully ? await task : await task.WaitAsync(timeout, time, cancellationToken);
            }
            catch (Exception e) when (e is not RouteException && !cancellationToken.IsCancellationRequested)
            {
                metrics.GrainCallFailed();
                if (attempt == 2)
                    throw new GrainUnreachableException($"repository state cannot be reached: {e.Message}", e);
            }
        }
    }
}
