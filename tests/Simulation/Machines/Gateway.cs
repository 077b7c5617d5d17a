using System.Collections.Immutable;
using Orleans;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>How a client's call ended.</summary>
internal enum ReplyKind
{
    /// <summary>Acknowledged.</summary>
    Ok,

    /// <summary>The primary said no.</summary>
    Failed,

    /// <summary>It was not begun.</summary>
    Refused,

    /// <summary>What became of it is open.</summary>
    Unknown,
}

/// <summary>What a client is told.</summary>
internal sealed record Reply(ReplyKind Kind, string Text, SortedDictionary<string, string>? Content = null);

/// <summary>
/// A gateway: what the real one does with a write, without its bytes. Opens it, calls the nodes, hands their votes on and again, gives up on nodes that do not
/// end, records the outcome and only then answers; renews what is open. Its times and repetitions are those of a cluster's gateways.
/// </summary>
internal sealed partial class Gateway(Cluster cluster, Host host, ulong instance)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RouteTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeginTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeginBudget = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan VoteAttemptTimeout = TimeSpan.FromSeconds(1.3);
    private static readonly TimeSpan FinishTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FinishAttemptTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceAfterPrimaryFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceAfterPrimarySuccess = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(1);
    private readonly Dictionary<ulong, UnderWay> _underWay = [];
    private ulong _last = instance;

    public Host Host { get; } = host;

    public void Start() => _ = Host.Run(RenewAsync);

    /// <summary>A read, of one of the replicas that may serve it.</summary>
    public async Task<Reply> ReadAsync(RepositoryKey key, bool forcePrimary)
    {
        var acknowledged = cluster.Oracle.Acknowledged;
        try
        {
            var route = await RouteAsync(key, forcePrimary, acknowledged);
            var node = cluster.Nodes[cluster.World.Random.Pick(route.Storages)];
            var content = await cluster.Network.CallAsync(Host, node.Host, _ => node.ReadAsync(route.ReplicaPath), CancellationToken.None).WaitAsync(NodeTimeout, Host.Time);
            return new Reply(ReplyKind.Ok, node.Storage, content);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Failed, e is RouteException r ? r.Failure.ToString() : e.Message);
        }
    }

    private async Task<AccessorRoute> RouteAsync(RepositoryKey key, bool forcePrimary, int acknowledged)
    {
        var (route, _) = await GrainAsync(
            key,
            async (grain, token) =>
            {
                var began = cluster.Oracle.Votes.Begin();
                return (Route: await grain.RouteAccessorAsync(new AccessorRequest(forcePrimary, []), token), Began: began);
            },
            RouteTimeout,
            RouteTimeout * 2,
            CancellationToken.None,
            (silo, routed) =>
            {
                cluster.Oracle.Routed(silo, routed.Route, acknowledged);
                cluster.Oracle.Votes.Routed(silo.Host, routed.Route.ReplicaPath, routed.Route.Storages, routed.Began);
            });
        return route;
    }

    /// <summary>Removes a repository: the record first, then what is on the disks.</summary>
    public async Task<Reply> RemoveAsync(RepositoryKey key)
    {
        RemovedRepository? removed;
        try
        {
            removed = await GrainAsync(key, static (grain, token) => grain.RemoveAsync(token), BeginTimeout, BeginBudget, CancellationToken.None);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e.Message);
        }

        foreach (var storage in removed?.Storages ?? [])
        {
            cluster.Oracle.Removing(storage, removed!.ReplicaPath);
            var node = cluster.Nodes[storage];
            try
            {
                await cluster.Network.CallAsync(Host, node.Host, async _ => await DoneAsync(node.RemoveAsync(removed.ReplicaPath)), CancellationToken.None)
                    .WaitAsync(NodeTimeout, Host.Time);
            }
            catch (Exception)
            {
                // What is left of a repository without a record takes space and does no harm.
            }
        }

        return new Reply(removed is null ? ReplyKind.Failed : ReplyKind.Ok, removed?.ReplicaPath ?? "not found");
    }

    /// <summary>Something that an operator asks of a repository.</summary>
    public async Task<Reply> OperateAsync(RepositoryKey key, Func<IRepositoryGrain, CancellationToken, Task> operation)
    {
        try
        {
            await GrainAsync(key, async (grain, token) => await DoneAsync(operation(grain, token)), NodeTimeout, NodeTimeout, CancellationToken.None);
            return new Reply(ReplyKind.Ok, string.Empty);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e is RouteException r ? r.Failure.ToString() : e.Message);
        }
    }

    public Task<RepositoryMetadata?> MetadataAsync(RepositoryKey key) =>
        GrainAsync(key, static (grain, token) => grain.GetMetadataAsync(token), RouteTimeout, RouteTimeout * 2, CancellationToken.None);

    private static async Task<bool> DoneAsync(Task task)
    {
        await task;
        return true;
    }

    private async Task RenewAsync()
    {
        while (true)
        {
            await Task.Delay(RenewInterval, Host.Time);
            foreach (var writes in _underWay.GroupBy(w => w.Value.Key).ToArray())
            {
                try
                {
                    var ids = writes.Select(w => w.Key).ToImmutableArray();
                    var lost = await GrainAsync(writes.Key, (grain, token) => grain.RenewAsync(ids, token), RenewInterval, RenewInterval, CancellationToken.None);
                    foreach (var id in lost.Where(_underWay.ContainsKey))
                        _underWay[id].Lost.Cancel();
                }
                catch (Exception)
                {
                    // The next time.
                }
            }
        }
    }

    private async Task<T> GrainAsync<T>(
        RepositoryKey key,
        Func<IRepositoryGrain, CancellationToken, Task<T>> call,
        TimeSpan timeout,
        TimeSpan budget,
        CancellationToken cancellationToken,
        Action<Silo, T>? answered = null)
    {
        var until = Host.Time.GetUtcNow() + budget;
        while (true)
        {
            try
            {
                var silo = cluster.Reach();
                return await cluster.Network.CallAsync(Host, silo is { Ready: true } ? silo.Host : null, AskAsync, cancellationToken, repeats: true)
                    .WaitAsync(timeout, Host.Time, cancellationToken);

                async Task<T> AskAsync(CancellationToken token)
                {
                    var result = await call(silo!.Grains.GetGrain<IRepositoryGrain>(key.ToString()), token);
                    answered?.Invoke(silo, result);
                    return result;
                }
            }
            catch (Exception e) when (e is not RouteException { Failure: not RouteFailure.Stopping } && !cancellationToken.IsCancellationRequested)
            {
                if (until - Host.Time.GetUtcNow() <= RetryPause)
                    throw new NodeException($"repository state cannot be reached: {e.Message}", e);
                if (e is not TimeoutException)
                    await Task.Delay(RetryPause, Host.Time, cancellationToken);
            }
        }
    }

    private sealed class UnderWay(RepositoryKey key, string path)
    {
        private readonly Dictionary<string, int> _votes = [];

        public RepositoryKey Key { get; } = key;

        public string Path { get; } = path;

        public CancellationTokenSource Lost { get; } = new();

        public int NextVote(string storage) => _votes[storage] = _votes.GetValueOrDefault(storage) + 1;
    }
}
