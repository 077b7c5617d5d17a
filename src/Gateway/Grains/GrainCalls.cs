using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Gateway.Telemetry;

namespace Praefect.Gateway.Grains;

/// <summary>Calls on grains with a deadline of the gateway's own and more attempts: a silo that dies must cost a caller seconds, not the runtime's long timeout.</summary>
internal sealed class GrainCalls(IGatewayGrains grains, TimeProvider time, GatewayMetrics metrics)
{
    /// <summary>Wait before an attempt that follows a failure of the runtime.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    public IRepositoryGrain Repository(RepositoryKey key) => grains.Repository(key);

    /// <summary>Calls with a budget of two attempts.</summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">All attempts failed.</exception>
    public ValueTask<T> CallAsync<TState, T>(
        RepositoryKey key, TState state, Func<IRepositoryGrain, TState, CancellationToken, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync(key, state, call, timeout, timeout * 2, cancellationToken);

    /// <summary>
    /// Calls, and calls again when the runtime fails at once, the silo is about to stop, or <paramref name="timeout"/> passes, until <paramref name="budget"/> is
    /// over. The call must be safe to repeat. A silo that died is named by failures for as long as the others have not agreed that it is dead, so one repetition
    /// would come too early.
    /// </summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">All attempts failed.</exception>
    public async ValueTask<T> CallAsync<TState, T>(
        RepositoryKey key, TState state, Func<IRepositoryGrain, TState, CancellationToken, Task<T>> call, TimeSpan timeout, TimeSpan budget, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                var task = call(grains.Repository(key), state, cancellationToken);
                return task.IsCompletedSuccessfully ? await task : await task.WaitAsync(timeout, time, cancellationToken);
            }
            catch (Exception e) when (e is not RouteException { Failure: not RouteFailure.Stopping } && !cancellationToken.IsCancellationRequested)
            {
                if (AnswerWithin(e) is { } answer)
                    throw answer;
                metrics.GrainCallFailed();
                var left = budget - time.GetElapsedTime(started);
                if (left <= RetryPause)
                    throw new GrainUnreachableException($"repository state cannot be reached: {e.Message}", e);
                if (e is not TimeoutException)
                    await Task.Delay(RetryPause, time, cancellationToken);
            }
        }
    }

    /// <summary>The same for a call without a result.</summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">All attempts failed.</exception>
    public async ValueTask CallAsync<TState>(
        RepositoryKey key, TState state, Func<IRepositoryGrain, TState, CancellationToken, Task> call, TimeSpan timeout, TimeSpan budget, CancellationToken cancellationToken) =>
        await CallAsync(
            key,
            (State: state, Call: call),
            static async (grain, its, token) =>
            {
                await its.Call(grain, its.State, token);
                return true;
            },
            timeout,
            budget,
            cancellationToken);

    // A grain that cannot start has no say of its own: the runtime wraps what its store told. Asking again at once would meet the same store.
    private static RouteException? AnswerWithin(Exception e)
    {
        for (var inner = e.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is RouteException { Failure: RouteFailure.StoreUnavailable } answer)
                return answer;
        }

        return null;
    }
}
