using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Repositories;

/// <content>Writes: opening and finishing them.</content>
public sealed partial class RepositoryGrain
{
    private readonly Dictionary<ulong, WriteSession> _writes = [];
    private readonly Dictionary<ulong, Task<FinishResult>> _finishing = [];
    private readonly FinishedWrites _finished;

    /// <inheritdoc/>
    public async Task<MutatorRoute> BeginMutatorAsync(MutatorRequest request, CancellationToken cancellationToken)
    {
        if (_writes.TryGetValue(request.TransactionId, out var again))
            return await ReadyAsync(again);
        var turn = await TakeTurnAsync(request, cancellationToken);
        try
        {
            await WaitUntilOpenAsync(cancellationToken);
            if (_writes.TryGetValue(request.TransactionId, out again))
                return await ReadyAsync(again);
            // Meanwhile the turn may have gone to the next: by its age, or with an earlier attempt of the same call that was cut off.
            ThrowUnlessHeld(turn);
            var session = OpenMutator(request);
            session.Turn = turn;
            return await ReadyAsync(session);
        }
        finally
        {
            if (!_writes.ContainsKey(request.TransactionId))
                _turns.Release(request.TransactionId, _time.GetUtcNow());
        }
    }

    /// <inheritdoc/>
    public async Task AbandonAsync(ulong transactionId, CancellationToken cancellationToken)
    {
        _turns.Release(transactionId, _time.GetUtcNow());
        if (!_writes.TryGetValue(transactionId, out var session) || session.CommitAnswered)
            return;
        session.Voided = true;
        await Finish(session, []).WaitAsync(cancellationToken);
    }

    private WriteSession OpenMutator(MutatorRequest request)
    {
        var view = RoutingView.From(_directory.Find(_key.VirtualStorage), request.Avoid);
        ThrowIfClosed();
        if (_record.Exists())
            Adopt(Elected(view, request.Beside));
        return Open(Noted(request.Method, () => MutatorRules.Route(view, _record, request.TransactionId, request.Votes, request.Beside)), request.Votes);
    }

    // A voting call starts at once: its nodes change nothing before a vote is answered, and that waits for the intent. Nothing else gates any other call, and what
    // a creation that was cut off leaves on the nodes must be known.
    private static async Task<MutatorRoute> ReadyAsync(WriteSession session)
    {
        if (session.Votes is null || session.Route.Creates)
            await StoredAsync(session.Intent);
        return session.Route;
    }

    /// <inheritdoc/>
    public Task<FinishResult> FinishAsync(ulong transactionId, ImmutableArray<NodeOutcome> outcomes, CancellationToken cancellationToken)
    {
        if (_finished.Find(transactionId) is { } known)
            return Task.FromResult(known);
        ThrowIfFailed();
        // Recording goes on when the caller goes away, and a caller that asks again waits for the same.
        if (_finishing.TryGetValue(transactionId, out var running))
            return running.WaitAsync(cancellationToken);
        return _writes.TryGetValue(transactionId, out var session)
            ? Finish(session, outcomes).WaitAsync(cancellationToken)
            : Task.FromResult(FinishUnknown());
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ulong>> RenewAsync(ImmutableArray<ulong> transactionIds, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        foreach (var id in transactionIds)
        {
            _turns.Heard(id, now);
            if (_writes.TryGetValue(id, out var session))
                session.LeaseUntil = now + _options.WriteLease;
        }

        return Task.FromResult(transactionIds.RemoveAll(_writes.ContainsKey));
    }

    private WriteSession Open(MutatorRoute route, bool votes)
    {
        var transaction = votes ? new Transaction(Electorate.WithMandatoryPrimary(route.Primary, route.Secondaries)) : null;
        var session = new WriteSession(route, transaction) { LeaseUntil = _time.GetUtcNow() + _options.WriteLease };
        _writes.Add(route.TransactionId, session);
        _shutdown.WriteOpened();
        _record = _record.WithOpenWrite(route.TransactionId, session.Participants);
        session.Intent = _writer.WriteAsync();
        EnsureUpkeep();
        return session;
    }

    private void ThrowIfClosed()
    {
        if (_shutdown.IsDraining)
            throw new RouteException(RouteFailure.Stopping, "this silo is about to stop");
        if (_writes.Count >= _options.MaxOpenWrites)
            throw new RouteException(RouteFailure.TooManyTransactions, $"repository has {_writes.Count} writes under way, as many as it admits");
    }

    // A write that this activation never opened, or forgot: it was found open in the record, if at all, and is or was settled by comparison. Its calls may have
    // ended only now, so the replicas are compared once more.
    private FinishResult FinishUnknown()
    {
        if (_record.Exists() && !IsSettling)
            ScheduleConfirmation(_time.GetUtcNow());
        return new FinishResult(WriteOutcome.InDoubt, _record.Generation, [], []);
    }

    private Task<FinishResult> Finish(WriteSession session, ImmutableArray<NodeOutcome> outcomes)
    {
        var id = session.Route.TransactionId;
        if (session.Turn is { } turn)
            LogOver(id, _key, turn.Token);
        session.Votes?.Cancel();
        _writes.Remove(id);
        var finishing = FinishAsync(session, outcomes);
        if (!finishing.IsCompleted)
            _finishing[id] = finishing;
        // No node works on it any more and its outcome is decided: whoever is next need not wait until that is stored.
        _turns.Release(id, _time.GetUtcNow());
        return finishing;
    }

    private async Task<FinishResult> FinishAsync(WriteSession session, ImmutableArray<NodeOutcome> outcomes)
    {
        var id = session.Route.TransactionId;
        try
        {
            var result = await DecideAsync(session, outcomes);
            _finished.Add(id, result);
            return result;
        }
        finally
        {
            _finishing.Remove(id);
            _shutdown.WriteEnded();
            Progressed();
        }
    }

    private Task<FinishResult> DecideAsync(WriteSession session, ImmutableArray<NodeOutcome> outcomes)
    {
        if (session.Removed)
            throw new RouteException(RouteFailure.RepositoryNotFound, "increment generation: repository not found");
        var facts = session.Facts(outcomes);
        if (session.Route.Creates)
            return FinishCreationAsync(session, facts);
        if (session.RanElsewhere(outcomes))
            return Task.FromResult(Doubt(session));
        var succeeded = facts.Primary.Outcome is { Broken: false, StatusCode: 0 };
        if (session.Voided)
        {
            // It was never told to go ahead; a success of a call that needs no go-ahead went to a node that is not the primary any more.
            return succeeded ? Task.FromResult(Doubt(session)) : RecordAsync(session, WriteVerdict.Unchanged, failed: true);
        }

        session.PrimaryFailed = WriteRules.FailedAlone(facts);
        return WriteRules.IsInDoubt(facts) ? Task.FromResult(Doubt(session)) : RecordAsync(session, WriteRules.Decide(facts), failed: !succeeded);
    }

    private FinishResult Doubt(WriteSession session)
    {
        LogInDoubt(session.Route.TransactionId, _key, session.Route.Primary);
        _doubts[session.Route.TransactionId] = session;
        StartSettling();
        return new FinishResult(WriteOutcome.InDoubt, _record.Generation, [], []);
    }

    private async Task<FinishResult> RecordAsync(WriteSession session, WriteVerdict verdict, bool failed)
    {
        var raised = verdict.Dirty ? _record.Increment([session.Route.Primary, .. verdict.Updated]) : null;
        // Its primary fell behind meanwhile, so that its word counts for nothing; what the others did who are still up to date, only a comparison can tell.
        if (verdict.Dirty && raised is null && session.MayHaveChanged && session.Participants.Any(_record.IsUpToDate))
            return Doubt(session);
        _record = _record.WithoutOpenWrite(session.Route.TransactionId);
        raised = raised?.WithoutOpenWrite(session.Route.TransactionId);
        if (raised is null)
        {
            // Nothing is promised, so nobody waits for this; it shares the next write of the record.
            _ = _writer.WriteAsync();
            Progressed();
            // A success is one. The votes that are missing here may have been counted by another activation, and only who wrote the intent knows that there is none.
            if (!failed)
                await StoredAsync(session.Intent);
            if (!verdict.Dirty)
                return new FinishResult(WriteOutcome.Unchanged, _record.Generation, [], []);
            LogWroteToOutdated(session.Route.TransactionId, _key);
            StartRepairs();
            return new FinishResult(WriteOutcome.InDoubt, _record.Generation, [], []);
        }

        _record = raised;
        // That nodes failed alike does not mean that they changed alike: their votes may have been lost on the way at different moments.
        if (failed)
            ConfirmLater();
        var result = Recorded(verdict);
        Progressed();
        await StoredAsync(_writer.WriteAsync());
        StartRepairs();
        return result;
    }

    private FinishResult Recorded(WriteVerdict verdict)
    {
        foreach (var (storage, reason) in verdict.Outdated)
            LogOutdated(_key, storage, reason);
        return new FinishResult(
            WriteOutcome.Recorded,
            _record.Generation,
            verdict.Updated.RemoveAll(s => !_record.IsUpToDate(s)),
            [.. verdict.Outdated.Select(o => $"{o.Storage}={o.Reason}")]);
    }

    [LoggerMessage(LogLevel.Debug, "write {TransactionId} on {Repository} is over, and so is its turn {Turn}")]
    private partial void LogOver(ulong transactionId, RepositoryKey repository, TurnToken turn);

    [LoggerMessage(LogLevel.Warning, "write {TransactionId} on {Repository} is in doubt: its primary {Primary} was lost or failed alone; the replicas are being compared")]
    private partial void LogInDoubt(ulong transactionId, RepositoryKey repository, string primary);

    [LoggerMessage(LogLevel.Warning, "write {TransactionId} on {Repository} was taken only by replicas that had fallen behind meanwhile; it counts for nothing")]
    private partial void LogWroteToOutdated(ulong transactionId, RepositoryKey repository);

    [LoggerMessage(LogLevel.Information, "replica of {Repository} on {Storage} is outdated: {Reason}")]
    private partial void LogOutdated(RepositoryKey repository, string storage, string reason);
}
