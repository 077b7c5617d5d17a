using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Telemetry;

namespace Praefect.Grains.Repositories;

/// <content>Repair: copies to replicas that are behind, until none is.</content>
public sealed partial class RepositoryGrain
{
    private const int CopiesPerRepair = 3;
    private readonly Dictionary<string, RepairBackoff> _repairs = new(StringComparer.Ordinal);

    private enum CopyResult
    {
        Level,
        MovedOn,
        NotNow,
        PoolMissing,
    }

    /// <inheritdoc/>
    public Task<bool> RepairAsync(CancellationToken cancellationToken)
    {
        foreach (var backoff in _repairs.Values)
            backoff.Forget();
        StartRepairs();
        return Task.FromResult(!IsBehind());
    }

    private bool IsBehind() => !RepairPlan.Behind(_record, Configured()).IsEmpty;

    private void StartRepairs()
    {
        if (_failed || IsSettling || _stopped.IsCancellationRequested || !_record.Exists() || _directory.Find(_key.VirtualStorage) is not { } snapshot)
            return;
        var now = _time.GetUtcNow();
        foreach (var step in RepairPlan.Make(_record, RoutingView.From(snapshot, [])))
        {
            var backoff = BackoffOf(step.Target);
            backoff.BehindSince ??= now;
            if (backoff.Running || backoff.NotBefore > now || TakesPart(step.Target) || _removals.ContainsKey(step.Target))
                continue;
            backoff.Work = RepairAsync(step, backoff);
        }

        StartRemovals(snapshot);
        if (IsBehind() || HasSurplus())
            EnsureUpkeep();
    }

    // A copy of an activation that is gone ends when its node has done it: after one of ours, it would undo what the replica took part in since. It was told to the node
    // before its activation ended, so it only needs time.
    private void AwaitOrphanedCopies()
    {
        foreach (var storage in _record.Copying)
            BackoffOf(storage).Hold(EndOfLateCalls);
    }

    private RepairBackoff BackoffOf(string storage)
    {
        if (!_repairs.TryGetValue(storage, out var backoff))
            _repairs.Add(storage, backoff = new RepairBackoff(_options.RepairBackoff, _options.RepairMaxBackoff));
        return backoff;
    }

    private async Task RepairAsync(RepairStep step, RepairBackoff backoff)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        if (!backoff.Begun && backoff.BehindSince is { } since)
            GrainMetrics.RepairStarted(_time.GetUtcNow() - since);
        backoff.Begin(step, cancellation);
        try
        {
            // In line with the other repositories that the node has to get; the time that a copy may take begins when it is this one's turn.
            using var slot = await _slots.EnterAsync(new NodeKey(_key.VirtualStorage, step.Target), cancellation.Token);
            using var late = new CancellationTokenSource(_options.RepairTimeout, _time);
            await using var ending = late.Token.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), cancellation);
            var result = await CopyUntilLevelAsync(step, backoff, cancellation.Token);
            if (result is CopyResult.Level)
                backoff.Level();
            else if (result is not CopyResult.PoolMissing)
                backoff.Defer(_time.GetUtcNow());
        }
        catch (NodeException e) when (e.SourceMissing)
        {
            // A wrong record, not a failed copy: without it the next try has another source.
            LogSourceMissing(_key, step.Source);
            _record = _record.WithoutReplica(step.Source);
            _ = _writer.WriteAsync();
            backoff.Failed(_time.GetUtcNow());
        }
        catch (Exception e)
        {
            if (!_stopped.IsCancellationRequested)
                LogCopyFailed(_key, step.Target, step.Source, e);
            backoff.Failed(_time.GetUtcNow());
        }
        finally
        {
            backoff.End();
        }
    }

    // A copy that ends after its repository was removed leaves the target with what no record names. It is not cut off: only its end tells that the
    // target is done with it.
    private void RemoveWhatIsBeingCopied(string path)
    {
        var running = _repairs.Where(r => r.Value.Running).ToArray();
        if (running.Length > 0)
            _leftovers = RemoveCopiesAsync(path, [.. running.Select(r => r.Key)], Task.WhenAll([_leftovers, .. running.Select(r => r.Value.Work)]));
    }

    private async Task RemoveCopiesAsync(string path, ImmutableArray<string> targets, Task copies)
    {
        await copies;
        if (!string.Equals(_record.ReplicaPath, path, StringComparison.Ordinal))
            await RemoveLeftoversAsync(path, targets, Task.CompletedTask);
    }

    // The first copy runs beside the writes. If these moved the repository on meanwhile, the rest, which is little, is copied while new writes wait.
    private async Task<CopyResult> CopyUntilLevelAsync(RepairStep step, RepairBackoff backoff, CancellationToken cancellationToken)
    {
        for (var copy = 0; copy < CopiesPerRepair; copy++)
        {
            var pause = copy == 0 ? null : await TryPauseAsync();
            try
            {
                var result = await CopyAsync(step, backoff, cancellationToken);
                if (result is not CopyResult.MovedOn)
                    return result;
            }
            finally
            {
                if (pause is not null)
                    EndPause(pause);
            }
        }

        return CopyResult.MovedOn;
    }

    private async Task<CopyResult> CopyAsync(RepairStep step, RepairBackoff backoff, CancellationToken cancellationToken)
    {
        var (target, source) = (new NodeKey(_key.VirtualStorage, step.Target), new NodeKey(_key.VirtualStorage, step.Source));
        // Read before the copy: what the source takes during it may or may not be in the copy.
        var (id, generation, path) = (_record.RepositoryId, _record.Generation, _record.ReplicaPath);
        if (!MayJoin(step, id, generation))
            return CopyResult.NotNow;
        var pool = await PoolForAsync(target, source, path, backoff, cancellationToken);
        if (pool.Awaited)
            return CopyResult.PoolMissing;
        if (!MayJoin(step, id, generation))
            return CopyResult.NotNow;
        _record = _record.WithCopying(step.Target);
        await EnsureOwnedAsync();
        if (!MayJoin(step, id, generation))
            return CopyResult.NotNow;
        await ReplicateAsync(target, source, path, backoff, cancellationToken);
        await _gateway.SetPoolAsync(target, path, pool.Path, cancellationToken);
        // A replica is up to date by a vote or by a verified copy, never because a node said that it had copied.
        var sums = await Task.WhenAll(
            _gateway.ChecksumAsync(target, path, cancellationToken), _gateway.ChecksumAsync(source, path, cancellationToken));
        if (sums[1] is null)
            throw new NodeException("the source has no such repository") { SourceMissing = true };
        if (_record.RepositoryId != id || IsSettling || TakesPart(step.Target))
            return CopyResult.NotNow;
        if (!MayJoin(step, id, generation) || !string.Equals(sums[0], sums[1], StringComparison.Ordinal))
            return CopyResult.MovedOn;
        _record = _record.WithReplica(step.Target, generation, _time.GetUtcNow());
        LogRepaired(_key, step.Target, generation);
        await _writer.WriteAsync();
        return CopyResult.Level;
    }

    // However the call ends, unless because there is nothing to copy: the node may still carry it out.
    private async Task ReplicateAsync(NodeKey target, NodeKey source, string path, RepairBackoff backoff, CancellationToken cancellationToken)
    {
        try
        {
            await _gateway.ReplicateAsync(target, source, path, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is not NodeException { SourceMissing: true })
        {
            backoff.Hold(EndOfLateCalls);
            throw;
        }
    }

    // From the first byte of the copy to the comparison: source and repository at the same generation, nothing in doubt, and no write in which the target takes
    // part and whose change the copy could undo.
    private bool MayJoin(RepairStep step, long id, long generation) =>
        !_failed && !IsSettling && _record.RepositoryId == id && _record.Generation == generation && _record.IsUpToDate(step.Source) &&
        !_record.IsUpToDate(step.Target) && !TakesPart(step.Target);

    private bool TakesPart(string storage) => _writes.Values.Any(w => !w.Removed && w.Participants.Contains(storage, StringComparer.Ordinal));

    [LoggerMessage(LogLevel.Information, "replica of {Repository} on {Storage} repaired: generation {Generation}")]
    private partial void LogRepaired(RepositoryKey repository, string storage, long generation);

    [LoggerMessage(LogLevel.Warning, "{Storage} has no replica of {Repository}, although it is on record")]
    private partial void LogSourceMissing(RepositoryKey repository, string storage);

    [LoggerMessage(LogLevel.Warning, "copying {Repository} to {Target} from {Source} failed; it is tried again")]
    private partial void LogCopyFailed(RepositoryKey repository, string target, string source, Exception exception);
}
