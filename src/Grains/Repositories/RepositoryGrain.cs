using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Assignment;
using Praefect.Grains.Election;
using Praefect.Grains.Explain;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <summary>
/// One repository. Calls interleave at every await, and everything between two awaits is one decision on <see cref="_record"/>, which is the record as it will be
/// stored; <see cref="RecordWriter"/> stores it behind. What is promised to anybody (a go-ahead to a node, an outcome to a gateway) waits for the store.
/// The parts of this class: writes, their turns, votes, settling of doubt, repair, upkeep.
/// </summary>
[Orleans.Concurrency.Reentrant]
public sealed partial class RepositoryGrain : Grain, IRepositoryGrain, IRemindable, IDisposable
{
    private readonly IPersistentState<RepositoryRecord> _state;
    private readonly INodeGateway _gateway;
    private readonly INodeDirectory _directory;
    private readonly GrainOptions _options;
    private readonly IRandomSource _random;
    private readonly TimeProvider _time;
    private readonly ILogger<RepositoryGrain> _logger;
    private readonly RecordWriter _writer;
    private readonly RepairSlots _slots;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;
    private readonly GrainShutdown _shutdown;
    private RepositoryKey _key;
    private RepositoryRecord _record = RepositoryRecord.None;
    private bool _failed;

    /// <summary>Created by the runtime.</summary>
    public RepositoryGrain(
        [PersistentState("repository", GrainOptions.StorageProvider)] IPersistentState<RepositoryRecord> state,
        INodeGateway gateway,
        INodeDirectory directory,
        GrainOptions options,
        IRandomSource random,
        TimeProvider time,
        ILogger<RepositoryGrain> logger,
        GrainShutdown shutdown,
        RepairSlots slots)
    {
        _slots = slots;
        _shutdown = shutdown;
        (_state, _gateway, _directory, _options, _random, _time, _logger) = (state, gateway, directory, options, random, time, logger);
        _stopped = _stopping.Token;
        _finished = new FinishedWrites(options.RememberedResults);
        _turns = new WriteTurns((ulong)random.Next(int.MaxValue), options.MaxWaitingWrites);
        _writer = new RecordWriter(state, () => _record, StoreFailed);
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = RepositoryKey.Parse(this.GetPrimaryKeyString());
        _record = _state.State ?? RepositoryRecord.None;
        if (_record.IsBeingCreated())
            await DropCreationAsync();
        else if (!_record.OpenWrites.IsEmpty)
            StartSettling();
        AwaitOrphanedCopies();
        if (_record is { Unconfirmed: true } && _record.Exists())
            ScheduleConfirmation(EndOfLateCalls);
        if (_record.Exists())
            EnsureUpkeep();
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _upkeep?.Dispose();
        ReleaseEverybody();
        foreach (var _ in _writes)
            _shutdown.WriteEnded();
        EndWork();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <inheritdoc/>
    public Task<AccessorRoute> RouteAccessorAsync(AccessorRequest request, CancellationToken cancellationToken) =>
        _writer.HasWritten || IsAlone() ? Task.FromResult(RouteRead(request)) : RouteFencedAsync(request, cancellationToken);

    // Another activation, on a silo that does not know that it is over, may go on to record writes until this one has written: its next write is then refused.
    // So whoever reads through this one misses nothing that the other acknowledged. Only the first read waits, and only where nothing was written before it.
    private async Task<AccessorRoute> RouteFencedAsync(AccessorRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await StoredAsync(_writer.WrittenAsync()).WaitAsync(cancellationToken);
        }
        catch (RouteException) when (_writer.IsOvertaken)
        {
            // The record is there for whoever reads it anew: an old route would be worse than a moment's wait.
            throw new RouteException(RouteFailure.Stopping, "another activation has written the repository's record; ask again");
        }

        return RouteRead(request);
    }

    // Nobody else can have recorded anything; or there is nothing that a read could miss, and looking for what does not exist must not fill the store.
    private bool IsAlone() => !_failed && (_options.OneProcess || !_record.Exists());

    private AccessorRoute RouteRead(AccessorRequest request)
    {
        var call = request.ForcePrimary ? RouteDecisions.ForcedRead : RouteDecisions.Read;
        try
        {
            var route = RouteAccessor(request);
            _decisions.Add(_time.GetUtcNow(), call, route);
            return route;
        }
        catch (RouteException e)
        {
            _decisions.Add(_time.GetUtcNow(), call, e);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<MaintenanceRoute> RouteMaintenanceAsync(ImmutableArray<string> avoid, CancellationToken cancellationToken) => Task.FromResult(Noted(
        RouteDecisions.Maintenance, () => MaintenanceRules.Route(RoutingView.From(_directory.Find(_key.VirtualStorage), avoid), _record)));

    /// <inheritdoc/>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => Task.FromResult(_record.Exists());

    /// <inheritdoc/>
    public Task<RepositoryMetadata?> GetMetadataAsync(CancellationToken cancellationToken) => Task.FromResult(_record.Exists()
        ? MetadataRules.Of(_record, _key, RoutingView.From(_directory.Find(_key.VirtualStorage), []))
        : null);

    /// <inheritdoc/>
    public Task<Placement?> GetPlacementAsync(CancellationToken cancellationToken)
    {
        if (!_record.Exists())
            return Task.FromResult<Placement?>(null);
        var view = RoutingView.From(_directory.Find(_key.VirtualStorage), []);
        var assigned = _record.Assigned(view.Configured);
        return Task.FromResult<Placement?>(new Placement(
            _record.ReplicaPath,
            Elected(view),
            assigned.RemoveAll(s => !_record.IsUpToDate(s)),
            assigned.RemoveAll(_record.IsUpToDate),
            _record.Assignments is not null));
    }

    /// <inheritdoc/>
    public async Task<RemovedRepository?> RemoveAsync(CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (!_record.Exists())
            return null;
        var removed = new RemovedRepository(_record.ReplicaPath, [.. _record.Replicas.Select(r => r.Storage).Union(_record.Leftovers, StringComparer.Ordinal)]);
        foreach (var session in _writes.Values)
        {
            session.Removed = true;
            session.Votes?.Cancel();
        }

        _doubts.Clear();
        _record = RepositoryRecord.None;
        Progressed();
        await StoredAsync(_writer.WriteAsync());
        RemoveWhatIsBeingCopied(removed.ReplicaPath);
        return removed;
    }

    private AccessorRoute RouteAccessor(AccessorRequest request)
    {
        var view = RoutingView.From(_directory.Find(_key.VirtualStorage), request.Avoid);
        if (!request.ForcePrimary)
            return AccessorRules.Any(view, _record, ReadFilter(view));
        // What is elected while a write is in doubt is for this read alone: the settlement decides who leads. So is one that may not serve it.
        var (elected, mayServe) = (Elected(view), ReadFilter(view));
        if (!IsSettling && elected is { } able && mayServe(able))
            Adopt(able);
        return AccessorRules.Primary(view, _record with { Primary = elected }, mayServe);
    }

    // Between an agreed vote and the recorded outcome, a replica that did not go along must not serve reads. Writes in doubt restrict only as long as
    // somebody is left: which of the replicas carries on is open, and none of them misses an acknowledged write.
    private Func<string, bool> ReadFilter(RoutingView view)
    {
        if (_doubts.Count == 0)
            return AgreesWithOpen;
        var strict = view.Configured.Any(s => view.Usable.Contains(s) && _record.IsUpToDate(s) && AgreesWithAll(s));
        return strict ? AgreesWithAll : AgreesWithOpen;

        bool AgreesWithOpen(string storage) => _writes.Values.All(w => w.Removed || w.HasAllAgreed(storage));

        bool AgreesWithAll(string storage) => AgreesWithOpen(storage) && _doubts.Values.All(w => w.HasAllAgreed(storage));
    }

    // A replica that did not go along with what others agreed on leads only when there is no other: leading, its word would undo that write.
    private string? Elected(RoutingView view, ImmutableArray<string>? beside = null)
    {
        if (_writes.Count == 0 && _doubts.Count == 0)
            return PrimaryElection.Elect(_record, view.Configured, view.Healthy, _random, beside);
        var agreed = view.Healthy.Where(ReadFilter(view)).ToHashSet(StringComparer.Ordinal);
        var able = PrimaryElection.Candidates(_record, view.Configured, agreed).IsEmpty ? view.Healthy : agreed;
        return PrimaryElection.Elect(_record, view.Configured, able, _random, beside);
    }

    private void Adopt(string? primary)
    {
        if (string.Equals(primary, _record.Primary, StringComparison.Ordinal))
            return;
        LogPrimaryChanged(_record.RepositoryId, primary, _record.Primary);
        _record = _record with { Primary = primary };
    }

    private void ThrowIfFailed()
    {
        if (_failed)
            throw StoreUnavailable();
    }

    private static RouteException StoreUnavailable() => new(RouteFailure.StoreUnavailable, "the store did not take the repository's record");

    private static async Task StoredAsync(Task write)
    {
        try
        {
            await write;
        }
        catch (Exception)
        {
            throw StoreUnavailable();
        }
    }

    // What the store holds is unknown now. This activation promises nothing any more; the next one reads the record and settles what it finds open.
    private void StoreFailed(Exception e)
    {
        LogStoreFailed(_key, e);
        _failed = true;
        ReleaseEverybody();
        DeactivateOnIdle();
    }

    // Here and now: CancelAsync would end the work from a thread of the pool, beside the grain's turns.
    private void EndWork() => _stopping.Cancel();

    private void ReleaseEverybody()
    {
        foreach (var session in _writes.Values)
            session.Votes?.Cancel();
        _turns.Clear();
        _settled?.TrySetResult();
        Progressed();
    }

    [LoggerMessage(LogLevel.Information, "primary node changed: repository {RepositoryId}, current primary {CurrentPrimary}, previous primary {PreviousPrimary}")]
    private partial void LogPrimaryChanged(long repositoryId, string? currentPrimary, string? previousPrimary);

    [LoggerMessage(LogLevel.Error, "the record of {Repository} could not be stored; the repository is read again before its next write")]
    private partial void LogStoreFailed(RepositoryKey repository, Exception exception);
}
