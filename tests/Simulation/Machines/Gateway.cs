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
/// end, records the outcome and only then answers; renews what is open. Its times and repetitions are those of the real one's options.
/// </summary>
internal sealed class Gateway(Cluster cluster, Host host, ulong instance)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RouteTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeginTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeginBudget = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan VoteAttemptTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FinishTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FinishAttemptTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GraceAfterPrimaryFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceAfterPrimarySuccess = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(2.5);
    private readonly Dictionary<ulong, UnderWay> _underWay = [];
    private ulong _last = instance;

    public Host Host { get; } = host;

    public void Start() => _ = Host.Run(RenewAsync);

    /// <summary>A write on a repository, or its creation.</summary>
    public async Task<Reply> WriteAsync(RepositoryKey key, Change change, CancellationToken cancellationToken)
    {
        var id = ++_last;
        MutatorRoute route;
        try
        {
            route = await BeginAsync(key, id, change);
        }
        catch (Exception e)
        {
            if (e is not RouteException)
                _ = AbandonAsync(key, id);
            return new Reply(ReplyKind.Refused, e is RouteException r ? r.Failure.ToString() : e.Message);
        }

        _underWay.Add(id, new UnderWay(key));
        cluster.World.Trace.Add(Host.Name, $"{id:x}: {change} on {route.ReplicaPath} at {route.Primary} with {string.Join(", ", route.Secondaries)}");
        var (answer, outcomes) = await RunCallsAsync(id, key, route, change, cancellationToken);
        return await FinishAsync(id, key, route, change, answer, outcomes);
    }

    /// <summary>A read, of one of the replicas that may serve it.</summary>
    public async Task<Reply> ReadAsync(RepositoryKey key, bool forcePrimary)
    {
        var acknowledged = cluster.Oracle.Acknowledged;
        try
        {
            var route = await GrainAsync(
                key,
                async (grain, token) => await grain.RouteAccessorAsync(new AccessorRequest(forcePrimary, []), token),
                RouteTimeout,
                RouteTimeout * 2,
                CancellationToken.None,
                (silo, route) => cluster.Oracle.Routed(silo, route, acknowledged));
            var node = cluster.Nodes[cluster.World.Random.Pick(route.Storages)];
            var content = await cluster.Network.CallAsync(Host, node.Host, _ => node.ReadAsync(route.ReplicaPath), CancellationToken.None).WaitAsync(BeginTimeout, Host.Time);
            return new Reply(ReplyKind.Ok, node.Storage, content);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Failed, e is RouteException r ? r.Failure.ToString() : e.Message);
        }
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
                    .WaitAsync(BeginTimeout, Host.Time);
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
            await GrainAsync(key, async (grain, token) => await DoneAsync(operation(grain, token)), BeginTimeout, BeginTimeout, CancellationToken.None);
            return new Reply(ReplyKind.Ok, string.Empty);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e is RouteException r ? r.Failure.ToString() : e.Message);
        }
    }

    public Task<RepositoryMetadata?> MetadataAsync(RepositoryKey key) =>
        GrainAsync(key, static (grain, token) => grain.GetMetadataAsync(token), RouteTimeout, RouteTimeout * 2, CancellationToken.None);

    private static Task<MutatorRoute> BeginAsync(IRepositoryGrain grain, ulong id, Change change, CancellationToken cancellationToken) =>
        change.Kind == ChangeKind.Create
            ? grain.BeginCreationAsync(new CreationRequest(id, "/gitaly.Simulation/Create", change.Votes, [], null, Upsert: false), cancellationToken)
            : grain.BeginMutatorAsync(new MutatorRequest(id, "/gitaly.Simulation/Write", change.Votes, []) { Turns = change.Votes ? [change.Reference] : [] }, cancellationToken);

    // Others may be before it; each attempt finds the place in the queue that the one before took.
    private async Task<MutatorRoute> BeginAsync(RepositoryKey key, ulong id, Change change)
    {
        while (true)
        {
            try
            {
                return await GrainAsync(key, (grain, token) => BeginAsync(grain, id, change, token), BeginTimeout, BeginBudget, CancellationToken.None);
            }
            catch (RouteException e) when (e.Failure == RouteFailure.TurnPending)
            {
                await Task.Delay(RetryPause, Host.Time);
            }
        }
    }

    // The answer that was not waited for may have opened the write.
    private async Task AbandonAsync(RepositoryKey key, ulong id)
    {
        try
        {
            await GrainAsync(key, (grain, token) => DoneAsync(grain.AbandonAsync(id, token)), RouteTimeout, RouteTimeout, CancellationToken.None);
        }
        catch (Exception)
        {
            // Its lease ends it.
        }
    }

    private static async Task<bool> DoneAsync(Task task)
    {
        await task;
        return true;
    }

    private async Task<(NodeAnswer? Primary, ImmutableArray<NodeOutcome> Outcomes)> RunCallsAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var outcomes = new Dictionary<string, NodeOutcome>();
        var secondaries = Task.WhenAll(route.Secondaries.Select(s => SecondaryAsync(id, key, route, change, s, outcomes, cut.Token)));
        var primary = await NodeAsync(id, key, route, change, route.Primary, outcomes, cut.Token);
        try
        {
            await secondaries.WaitAsync(primary?.Code == 0 ? GraceAfterPrimarySuccess : GraceAfterPrimaryFailure, Host.Time, cut.Token);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            cut.Cancel();
            await secondaries;
        }

        return (primary, [.. route.Secondaries.Insert(0, route.Primary).Select(s => outcomes[s])]);
    }

    private async Task SecondaryAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, string storage, Dictionary<string, NodeOutcome> outcomes, CancellationToken cut)
    {
        if (await NodeAsync(id, key, route, change, storage, outcomes, cut) is { Code: 0 } || !change.Votes || cut.IsCancellationRequested)
            return;
        try
        {
            // Others may be waiting for this node's vote.
            await GrainAsync(
                key, (grain, token) => DoneAsync(grain.CancelVoterAsync(id, storage, token)), RouteTimeout, BeginBudget, cut);
        }
        catch (Exception)
        {
            // They wait until their own calls end.
        }
    }

    private async Task<NodeAnswer?> NodeAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, string storage, Dictionary<string, NodeOutcome> outcomes, CancellationToken cut)
    {
        var node = cluster.Nodes[storage];
        var process = node.Host;
        try
        {
            var answer = await cluster.Network.CallAsync(
                Host,
                process,
                token => node.WriteAsync(
                    route.ReplicaPath,
                    change,
                    storage == route.Primary,
                    (voter, vote, phase, voting) => cluster.Network.CallAsync(process, Host, t => CountAsync(id, voter, vote, phase, t), voting),
                    () => cluster.Network.CallAsync(process, Host, t => StopAsync(id, key, t), token),
                    token),
                cut);
            outcomes[storage] = new NodeOutcome(storage, answer.Code, answer.Message, Broken: false);
            return answer;
        }
        catch (Exception e)
        {
            outcomes[storage] = new NodeOutcome(storage, 14, e.Message, Broken: true);
            return null;
        }
    }

    private async Task<Reply> FinishAsync(
        ulong id, RepositoryKey key, MutatorRoute route, Change change, NodeAnswer? primary, ImmutableArray<NodeOutcome> outcomes)
    {
        try
        {
            var result = await GrainAsync(key, (grain, token) => grain.FinishAsync(id, outcomes, token), FinishAttemptTimeout, FinishTimeout, CancellationToken.None);
            cluster.World.Trace.Add(Host.Name, $"{id:x}: {change.Value} {result.Outcome}, generation {result.Generation}, primary: {primary?.Message ?? "broken"}");
            if (result.Outcome == WriteOutcome.InDoubt || primary is null)
                return new Reply(ReplyKind.Unknown, "in doubt");
            if (primary.Code != 0)
                return new Reply(ReplyKind.Failed, primary.Message);
            cluster.Oracle.Acknowledge(route.ReplicaPath, change);
            return new Reply(ReplyKind.Ok, string.Empty);
        }
        catch (Exception e)
        {
            return new Reply(ReplyKind.Unknown, e.Message);
        }
        finally
        {
            _underWay.Remove(id);
        }
    }

    // As often as the decision takes; a vote that was lost with a silo is handed on again under the same number.
    private async Task<VoteResult> CountAsync(ulong id, string storage, Vote vote, VotePhase phase, CancellationToken cancellationToken)
    {
        if (!_underWay.TryGetValue(id, out var write))
            throw new NodeException("transaction not found");
        var ballot = new Ballot(id, storage, vote, phase, write.NextVote(storage));
        while (true)
        {
            var result = await GrainAsync(write.Key, (grain, token) => grain.VoteAsync(ballot, token), VoteAttemptTimeout, BeginBudget, cancellationToken)
                .WaitAsync(write.Lost.Token);
            if (result.Answer != VoteAnswer.Pending)
                return result;
        }
    }

    private async Task<bool> StopAsync(ulong id, RepositoryKey key, CancellationToken cancellationToken) =>
        await GrainAsync(key, async (grain, token) => await DoneAsync(grain.StopAsync(id, token)), RouteTimeout, RouteTimeout, cancellationToken);

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

    private sealed class UnderWay(RepositoryKey key)
    {
        private readonly Dictionary<string, int> _votes = [];

        public RepositoryKey Key { get; } = key;

        public CancellationTokenSource Lost { get; } = new();

        public int NextVote(string storage) => _votes[storage] = _votes.GetValueOrDefault(storage) + 1;
    }
}
