using Praefect.Gateway.Background;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Turns;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Coordination;

/// <summary>
/// Opens writes. All attempts are the same request: each finds what the one before has begun, be it an open write or a place in the queue. One that was given up
/// here is given up there, too, since an attempt whose answer nobody waited for may have opened the write and taken its turn.
/// </summary>
internal sealed class WriteOpening(GrainCalls grains, BackgroundWork background, GatewayOptions options, TimeProvider time)
{
    /// <summary>Opens a write on a repository, and waits for its turn.</summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">All attempts failed.</exception>
    public Task<MutatorRoute> OpenAsync(RepositoryKey key, MutatorRequest request, CancellationToken cancellationToken) =>
        OpenAsync(key, request.TransactionId, request, static (grain, its, token) => grain.BeginMutatorAsync(its, token), cancellationToken);

    /// <summary>Opens the creation of a repository.</summary>
    /// <exception cref="RouteException">The grain's own answer.</exception>
    /// <exception cref="GrainUnreachableException">All attempts failed.</exception>
    public Task<MutatorRoute> OpenAsync(RepositoryKey key, CreationRequest request, CancellationToken cancellationToken) =>
        OpenAsync(key, request.TransactionId, request, static (grain, its, token) => grain.BeginCreationAsync(its, token), cancellationToken);

    private async Task<MutatorRoute> OpenAsync<TRequest>(
        RepositoryKey key, ulong id, TRequest request, Func<IRepositoryGrain, TRequest, CancellationToken, Task<MutatorRoute>> begin, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var asked = time.GetTimestamp();
                try
                {
                    return await grains.CallAsync(key, request, begin, options.BeginTimeout, options.BeginBudget, cancellationToken);
                }
                catch (RouteException e) when (e.Failure == RouteFailure.TurnPending)
                {
                    await TurnPauses.AfterAsync(asked, time, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is not RouteException)
        {
            _ = background.TryRun("abandon", token => AbandonAsync(key, id, token));
            throw;
        }
    }

    private async Task AbandonAsync(RepositoryKey key, ulong id, CancellationToken cancellationToken) => await grains.CallAsync(
        key, id, static (grain, its, token) => grain.AbandonAsync(its, token), options.RouteTimeout, options.BeginBudget, cancellationToken);
}
