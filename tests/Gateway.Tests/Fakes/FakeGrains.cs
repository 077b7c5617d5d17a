using System.Collections.Concurrent;
using System.Collections.Immutable;
using Praefect.Gateway.Grains;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>Grains without a runtime: each does what the test says.</summary>
public sealed class FakeGrains(ImmutableArray<string> storages) : IGatewayGrains
{
    private readonly ConcurrentDictionary<RepositoryKey, FakeRepository> _repositories = new();

    public ConcurrentQueue<(NodeKey Node, string Reason)> Suspected { get; } = [];

    public FakeRepository At(string virtualStorage, string path) => _repositories.GetOrAdd(new RepositoryKey(virtualStorage, path), k => new FakeRepository(k, storages));

    public IRepositoryGrain Repository(RepositoryKey key) => At(key.VirtualStorage, key.RelativePath);

    public IStorageNodeGrain Node(NodeKey key) => new FakeStorageNode(this, key);

    public IVirtualStorageGrain VirtualStorage(string name) => new FakeVirtualStorage(this, name, storages);

    public IRepositoryIdGrain RepositoryId() => throw new NotSupportedException();

    /// <summary>Storages that fail their probes.</summary>
    public ImmutableArray<string> Unhealthy { get; set; } = [];
}

public sealed class FakeRepository(RepositoryKey key, ImmutableArray<string> storages) : IRepositoryGrain
{
    private readonly TaskCompletionSource<ImmutableArray<NodeOutcome>> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource<ulong> _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource<ImmutableArray<ulong>> _renewed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _voterCancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public const string ReplicaPath = "@cluster/repositories/6b/86/1";

    public bool Exists { get; set; } = true;

    public Func<AccessorRequest, Task<AccessorRoute>>? Accessor { get; set; }

    public Func<Task<FinishResult>>? Finish { get; set; }

    /// <summary>What the last recording of an outcome may be cut off by.</summary>
    public CancellationToken FinishToken { get; private set; }

    public Func<string, Vote, Task<VoteResult>>? Voting { get; set; }

    public RouteFailure? BeginFails { get; set; }

    /// <summary>What becomes of an attempt to open a write before it is opened; gets the transaction.</summary>
    public Func<ulong, Task>? Beginning { get; set; }

    public Placement? Placement { get; set; }

    /// <summary>What a removal leaves on the disks; null: a replica on every node.</summary>
    public RemovedRepository? Removed { get; set; }

    public RouteFailure? RemoveFails { get; set; }

    public CreationRequest? Creation { get; private set; }

    /// <summary>The last write that was opened.</summary>
    public MutatorRequest? Mutator { get; private set; }

    /// <summary>Every attempt to open a write.</summary>
    public ConcurrentQueue<MutatorRequest> Mutators { get; } = [];

    /// <summary>Keys of every question for a turn.</summary>
    public ConcurrentQueue<ImmutableArray<string>> TurnsTaken { get; } = [];

    public Func<CancellationToken, Task<TurnAnswer>>? Turn { get; set; }

    public Task<ulong> Abandoned => _abandoned.Task;

    public ConcurrentQueue<string> CancelledVoters { get; } = [];

    /// <summary>Some voter was cancelled.</summary>
    public Task VoterCancelled => _voterCancelled.Task;

    public ConcurrentQueue<(string Storage, Vote Vote, VotePhase Phase)> Votes { get; } = [];

    public ConcurrentQueue<int> Numbers { get; } = [];

    public Task<ImmutableArray<NodeOutcome>> Finished => _finished.Task;

    public Task<AccessorRoute> RouteAccessorAsync(AccessorRequest request, CancellationToken cancellationToken) =>
        Accessor?.Invoke(request) ?? (Exists
            ? Task.FromResult(new AccessorRoute(ReplicaPath, request.ForcePrimary ? [storages[0]] : storages))
            : throw new RouteException(RouteFailure.RepositoryNotFound, "x"));

    public Task<MaintenanceRoute> RouteMaintenanceAsync(ImmutableArray<string> avoid, CancellationToken cancellationToken) =>
        BeginFails is { } failure ? throw new RouteException(failure, "x") : Task.FromResult(new MaintenanceRoute(ReplicaPath, storages));

    public async Task<MutatorRoute> BeginMutatorAsync(MutatorRequest request, CancellationToken cancellationToken)
    {
        Mutator = request;
        Mutators.Enqueue(request);
        if (BeginFails is { } failure)
            throw new RouteException(failure, "x");
        await (Beginning?.Invoke(request.TransactionId) ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return Route(request.TransactionId, request.Votes, creates: false);
    }

    public async Task<MutatorRoute> BeginCreationAsync(CreationRequest request, CancellationToken cancellationToken)
    {
        Creation = request;
        if (BeginFails is { } failure)
            throw new RouteException(failure, "x");
        await (Beginning?.Invoke(request.TransactionId) ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return Route(request.TransactionId, request.Votes, creates: true);
    }

    public Task<VoteResult> VoteAsync(Ballot ballot, CancellationToken cancellationToken)
    {
        Votes.Enqueue((ballot.Storage, ballot.Vote, ballot.Phase));
        Numbers.Enqueue(ballot.Number);
        return Voting?.Invoke(ballot.Storage, ballot.Vote) ?? Task.FromResult(VoteResult.Commit);
    }

    public Task<TurnAnswer> TakeTurnAsync(ulong transactionId, ImmutableArray<string> keys, CancellationToken cancellationToken)
    {
        TurnsTaken.Enqueue(keys);
        return Turn?.Invoke(cancellationToken) ?? Task.FromResult(TurnAnswer.Granted);
    }

    public Task AbandonAsync(ulong transactionId, CancellationToken cancellationToken)
    {
        _abandoned.TrySetResult(transactionId);
        return Task.CompletedTask;
    }

    public Func<Task<VoteResult>>? Stopping { get; set; }

    public Task<VoteResult> StopAsync(ulong transactionId, CancellationToken cancellationToken) => Stopping?.Invoke() ?? Task.FromResult(VoteResult.Commit);

    public Task CancelVoterAsync(ulong transactionId, string storage, CancellationToken cancellationToken)
    {
        CancelledVoters.Enqueue(storage);
        _voterCancelled.TrySetResult();
        return Task.CompletedTask;
    }

    public async Task<FinishResult> FinishAsync(ulong transactionId, ImmutableArray<NodeOutcome> outcomes, CancellationToken cancellationToken)
    {
        FinishToken = cancellationToken;
        _finished.TrySetResult(outcomes);
        return Finish is null ? new FinishResult(WriteOutcome.Recorded, 1, [], []) : await Finish();
    }

    public Task<ImmutableArray<ulong>> RenewAsync(ImmutableArray<ulong> transactionIds, CancellationToken cancellationToken)
    {
        _renewed.TrySetResult(transactionIds);
        return Task.FromResult(Lost);
    }

    public ImmutableArray<ulong> Lost { get; set; } = [];

    public Task<ImmutableArray<ulong>> Renewed => _renewed.Task;

    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => Task.FromResult(Exists);

    public Task<RepositoryMetadata?> GetMetadataAsync(CancellationToken cancellationToken) => Task.FromResult(Metadata);

    public RepositoryMetadata? Metadata { get; set; }

    public RouteException? Refusal { get; set; }

    public ConcurrentQueue<string?> Marked { get; } = [];

    public Task<Placement?> GetPlacementAsync(CancellationToken cancellationToken) => Task.FromResult(Placement);

    public Task<RemovedRepository?> RemoveAsync(CancellationToken cancellationToken)
    {
        if (RemoveFails is { } failure)
            throw new RouteException(failure, "x");
        var removed = Exists ? Removed ?? new RemovedRepository(ReplicaPath, storages) : null;
        Exists = false;
        return Task.FromResult(removed);
    }

    public Task<bool> RepairAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<ImmutableArray<string>> SetReplicationFactorAsync(int replicationFactor, CancellationToken cancellationToken) =>
        Refusal is null ? Task.FromResult(storages[..replicationFactor]) : throw Refusal;

    public Task SetAuthoritativeStorageAsync(string storage, CancellationToken cancellationToken) => Refusal is null ? Task.CompletedTask : throw Refusal;

    public Task<int> MarkUnverifiedAsync(string? storage, CancellationToken cancellationToken)
    {
        Marked.Enqueue(storage);
        return Task.FromResult(storage is null ? storages.Length : 1);
    }

    public Task<RepositoryExplanation> ExplainAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new RepositoryExplanation(null, "there is no record of it", [], [], [], []));

    public Task<ReplicaVerification> VerifyReplicaAsync(string storage, CancellationToken cancellationToken) => Task.FromResult(ReplicaVerification.Valid);

    public Task<TrackedRepository> TrackAsync(TrackRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new TrackedRepository(1, storages.Remove(request.AuthoritativeStorage)));

    public Task<bool> ImportAsync(ImportedRepository repository, CancellationToken cancellationToken) => Task.FromResult(true);

    public override string ToString() => key.ToString();

    private MutatorRoute Route(ulong id, bool votes, bool creates) =>
        new(id, ReplicaPath, storages[0], votes ? storages.RemoveAt(0) : [], votes ? [] : storages.RemoveAt(0), creates);
}

internal sealed class FakeStorageNode(FakeGrains grains, NodeKey key) : IStorageNodeGrain
{
    public Task<NodeHealth> WatchAsync(CancellationToken cancellationToken) => Task.FromResult(new NodeHealth(key.Storage, true, default, ""));

    public Task SuspectAsync(string reason, CancellationToken cancellationToken)
    {
        grains.Suspected.Enqueue((key, reason));
        return Task.CompletedTask;
    }
}

internal sealed class FakeVirtualStorage(FakeGrains grains, string name, ImmutableArray<string> storages) : IVirtualStorageGrain
{
    public Task<VirtualStorageView> GetAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new VirtualStorageView(name, 1, 1, 0, [.. storages.Select(s => new NodeHealth(s, !grains.Unhealthy.Contains(s), default, ""))]));

    public Task<VirtualStorageView> SubscribeAsync(IVirtualStorageObserver observer, CancellationToken cancellationToken) => GetAsync(cancellationToken);

    public Task ReportHealthAsync(NodeHealth health, CancellationToken cancellationToken) => Task.CompletedTask;
}
