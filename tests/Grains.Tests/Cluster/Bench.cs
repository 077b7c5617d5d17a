using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>One repository on nodes of its own, driven as a gateway drives it.</summary>
public sealed class Bench
{
    private static int s_count;
    private static long s_transactions;
    private readonly TestCluster _cluster;
    private int _ballots;

    public Bench(TestCluster cluster, int factor = 0, params string[] storages)
    {
        _cluster = cluster;
        VirtualStorage = $"vs{Interlocked.Increment(ref s_count)}.";
        Storages = storages.Length == 0 ? ["P", "S1", "S2"] : [.. storages];
        cluster.Nodes.Add(VirtualStorage, factor, [.. Storages]);
        Grain = cluster.Grains.GetGrain<IRepositoryGrain>(new RepositoryKey(VirtualStorage, "a/b.git").ToString());
    }

    private Bench(Bench other, string relativePath)
    {
        (_cluster, VirtualStorage, Storages) = (other._cluster, other.VirtualStorage, other.Storages);
        Grain = At(relativePath);
    }

    public string VirtualStorage { get; }

    public ImmutableArray<string> Storages { get; }

    public IRepositoryGrain Grain { get; }

    public TestStore.Control Store => _cluster.Store.For(VirtualStorage);

    public FakeNode this[string storage] => _cluster.Nodes[VirtualStorage, storage];

    /// <summary>Another repository on the same nodes.</summary>
    public IRepositoryGrain At(string relativePath) => _cluster.Grains.GetGrain<IRepositoryGrain>(new RepositoryKey(VirtualStorage, relativePath).ToString());

    /// <summary>As <see cref="At"/>, to be driven.</summary>
    public Bench Sibling(string relativePath) => new(this, relativePath);

    public static ulong NewId() => (ulong)Interlocked.Increment(ref s_transactions);

    public static Vote VoteFor(string value)
    {
        Assert.True(Vote.TryRead(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, Vote.Length), out var vote));
        return vote;
    }

    public static NodeOutcome Ok(string storage) => new(storage, 0, string.Empty, Broken: false);

    public static NodeOutcome Failed(string storage, int code = 13, string message = "failed") => new(storage, code, message, Broken: false);

    public static NodeOutcome Broken(string storage) => new(storage, 0, string.Empty, Broken: true);

    /// <summary>Waits for something that grains do by themselves.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(patience.IsCancellationRequested, $"never happened: {what}");
            await Task.Delay(5);
        }
    }

    /// <inheritdoc cref="TestStore.Reader"/>
    public Func<Task<bool>> ReaderOfRecord() => _cluster.Store.Reader(VirtualStorage);

    public void Touch() => _cluster.Store.Touch(VirtualStorage);

    /// <summary>
    /// Ends the grain's activation as a crash of its silo would: what only it knew is gone. Another writer gets ahead of it, and the next write that it tries
    /// makes it stop.
    /// </summary>
    public async Task CrashAsync()
    {
        while (true)
        {
            Touch();
            try
            {
                // What the grain wrote by itself was refused first, so that this is its next activation already: once more.
                await Grain.AbandonAsync((await BeginAsync(votes: false)).TransactionId, default);
            }
            catch (RouteException refused)
            {
                Assert.Equal(RouteFailure.StoreUnavailable, refused.Failure);
                return;
            }
        }
    }

    public Task<MutatorRoute> BeginAsync(ulong? id = null, bool votes = true) =>
        Grain.BeginMutatorAsync(new MutatorRequest(id ?? NewId(), "/gitaly.Test/Write", votes, []), default);

    /// <summary>Opens a write that takes a turn, asking again as a gateway does.</summary>
    public async Task<MutatorRoute> BeginTurnAsync(ulong id, string[] keys, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                return await Grain.BeginMutatorAsync(new MutatorRequest(id, "/gitaly.Test/Write", true, []) { Turns = [.. keys] }, cancellationToken);
            }
            catch (RouteException e) when (e.Failure == RouteFailure.TurnPending)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Says that the gateway of a write is alive until the end of the returned object.</summary>
    public IAsyncDisposable Renew(MutatorRoute route) => new Renewal(this, route.TransactionId);

    /// <summary>Enters a write that has to wait for its turn; it has its place in the queue when this ends.</summary>
    public async Task<Task<MutatorRoute>> QueueAsync(string[] keys, CancellationToken cancellationToken = default)
    {
        var id = NewId();
        var pending = await Assert.ThrowsAsync<RouteException>(() =>
            Grain.BeginMutatorAsync(new MutatorRequest(id, "/gitaly.Test/Write", true, []) { Turns = [.. keys] }, cancellationToken));
        Assert.Equal(RouteFailure.TurnPending, pending.Failure);
        return BeginTurnAsync(id, keys, cancellationToken);
    }

    public Task<MutatorRoute> BeginCreationAsync(bool votes = true, bool upsert = false) =>
        Grain.BeginCreationAsync(new CreationRequest(NewId(), "/gitaly.Test/Create", votes, [], null, upsert), default);

    public Task<VoteResult> VoteAsync(MutatorRoute route, string storage, string value, VotePhase phase = VotePhase.Prepared) =>
        Grain.VoteAsync(new Ballot(route.TransactionId, storage, VoteFor(value), phase, Interlocked.Increment(ref _ballots)), default);

    /// <summary>Opens a write on which all participants agree, and which none of them has made yet.</summary>
    public async Task<MutatorRoute> AgreeAsync(string value)
    {
        var route = await BeginAsync();
        await Task.WhenAll(Participants(route).Select(s => VoteAsync(route, s, value)));
        return route;
    }

    /// <summary>All nodes of a route vote; whoever is told to go ahead applies the change.</summary>
    public async Task VoteAndApplyAsync(MutatorRoute route, string reference, string value)
    {
        await Task.WhenAll(Participants(route).Select(async storage =>
        {
            if ((await VoteAsync(route, storage, value)).Answer == VoteAnswer.Commit && this[storage].Alive)
                this[storage].Write(route.ReplicaPath, reference, value);
        }));
    }

    public Task<FinishResult> FinishAsync(MutatorRoute route, params NodeOutcome[] outcomes) =>
        Grain.FinishAsync(route.TransactionId, outcomes.Length == 0 ? [.. Participants(route).Select(Ok)] : [.. outcomes], default);

    public async Task<MutatorRoute> CreateAsync()
    {
        var route = await BeginCreationAsync();
        await VoteAndApplyAsync(route, "HEAD", "refs/heads/main");
        var result = await FinishAsync(route);
        Assert.Equal(WriteOutcome.Recorded, result.Outcome);
        return route;
    }

    public async Task<FinishResult> WriteAsync(string reference, string value)
    {
        var route = await BeginAsync();
        await VoteAndApplyAsync(route, reference, value);
        return await FinishAsync(route);
    }

    /// <summary>Who would take part in a write now.</summary>
    public async Task<ImmutableArray<string>> BeginAndEndAsync()
    {
        var route = await BeginAsync();
        var participants = Participants(route);
        await FinishAsync(route, [.. participants.Select(p => Failed(p))]);
        return participants;
    }

    public async Task<RepositoryMetadata> MetadataAsync() => await Grain.GetMetadataAsync(default) ?? throw new InvalidOperationException("no repository");

    public async Task<ImmutableArray<string>> ReadableAsync() => (await Grain.RouteAccessorAsync(AccessorRequest.Any, default)).Storages;

    public Task LevelAsync() => EventuallyAsync(
        async () => await MetadataAsync() is var m && Storages.All(s => m.Replicas.Any(r => r.Storage == s && r.Generation == m.Generation)),
        "all replicas up to date");

    private sealed class Renewal : IAsyncDisposable
    {
        private readonly CancellationTokenSource _over = new();
        private readonly Task _loop;

        public Renewal(Bench bench, ulong id) => _loop = RunAsync(bench, id);

        public async ValueTask DisposeAsync()
        {
            await _over.CancelAsync();
            await _loop;
            _over.Dispose();
        }

        private async Task RunAsync(Bench bench, ulong id)
        {
            while (!_over.IsCancellationRequested)
            {
                await bench.Grain.RenewAsync([id], default);
                await Task.Delay(100);
            }
        }
    }

    public static ImmutableArray<string> Participants(MutatorRoute route) => [route.Primary, .. route.Secondaries];
}
