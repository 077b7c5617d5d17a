using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Recovery;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Repositories;

/// <content>Doubt: writes that may have changed something and whose outcome nobody can tell. The replicas are compared; <see cref="SettlementRules"/> decides.</content>
public sealed partial class RepositoryGrain
{
    private const int PatientTries = 2;
    private const int MostConfirmations = 10;
    private static readonly TimeSpan LongestComparison = TimeSpan.FromMinutes(2);

    // How soon a comparison notices that a node it waits for has become silent.
    private static readonly TimeSpan SilenceCheck = TimeSpan.FromMilliseconds(100);

    // What is known of writes in doubt beyond the record: empty after a crash.
    private readonly Dictionary<ulong, WriteSession> _doubts = [];
    private Task _settling = Task.CompletedTask;
    private Task _confirming = Task.CompletedTask;
    private DateTimeOffset? _confirmAt;
    private int _confirmations;

    // When what a node was told and nobody waits for any more has ended, if it was told until now.
    private DateTimeOffset EndOfLateCalls => _time.GetUtcNow() + _options.SettlingConfirmation;

    private bool HasDoubt => _record.Exists() && _record.OpenWrites.Any(w => !_writes.ContainsKey(w.TransactionId));

    private void StartSettling()
    {
        if (_settled is not null || _failed)
            return;
        _settled = NewSignal();
        _settling = SettleAsync(_settled);
        EnsureUpkeep();
    }

    private async Task SettleAsync(TaskCompletionSource settled)
    {
        try
        {
            for (var attempt = 0; !_failed && HasDoubt; attempt++)
            {
                // Replicas can be compared only while none of them changes. First go-aheads wait meanwhile, so this ends with the writes that are past theirs.
                await UntilAsync(() => !MayNodesBeChanging(), DateTimeOffset.MaxValue);
                if (!await TrySettleAsync(attempt) && !_failed && HasDoubt)
                    await Task.Delay(_options.UpkeepPeriod, _time, _stopped);
            }
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            // The activation ends; the record still says that the writes are open.
        }
        catch (Exception e)
        {
            // Upkeep starts over: the doubt is still on record.
            LogSettlingFailed(_key, e);
        }

        if (ReferenceEquals(_settled, settled))
            _settled = null;
        settled.TrySetResult();
        Progressed();
        StartRepairs();
    }

    private async Task<bool> TrySettleAsync(int attempt)
    {
        var id = _record.RepositoryId;
        var reports = await CompareAsync(attempt);
        if (_failed || _record.RepositoryId != id || MayNodesBeChanging())
            return false;
        if (Settled(reports) is not { } settled)
        {
            LogUndecided(_key, string.Join(", ", reports.Select(r => $"{r.Key}: {r.Value.Kind}")));
            // The record may be another activation's by now, which has removed the repository or moved it on: this one would never find out, since all writes wait for it.
            await StoredAsync(_writer.WriteAsync());
            return false;
        }

        Apply(settled, reports);
        ConfirmLater();
        await StoredAsync(_writer.WriteAsync());
        return true;
    }

    private RepositoryRecord? Settled(IReadOnlyDictionary<string, ReplicaReport> reports)
    {
        var committed = _doubts.Values.SelectMany(d => d.Participants.Where(p => d.CommitAnswered && d.HasAllAgreed(p))).ToHashSet(StringComparer.Ordinal);
        var ended = _record.OpenWrites.Select(w => w.TransactionId).Where(t => !_writes.ContainsKey(t)).ToHashSet();
        var failed = _doubts.Values.Where(d => d.PrimaryFailed).Select(d => d.Route.Primary).ToHashSet(StringComparer.Ordinal);
        return SettlementRules.Settle(_record, Configured(), reports, committed, ended, failed);
    }

    private void Apply(RepositoryRecord settled, IReadOnlyDictionary<string, ReplicaReport> reports)
    {
        LogSettled(_key, settled.Generation, settled.Primary, string.Join(", ", reports.Select(r => $"{r.Key}: {r.Value.Checksum ?? r.Value.Kind.ToString()}")));
        if (!string.Equals(settled.Primary, _record.Primary, StringComparison.Ordinal))
            LogPrimaryChanged(settled.RepositoryId, settled.Primary, _record.Primary);
        _record = settled;
        _doubts.Clear();
        foreach (var session in _writes.Values.Where(w => !string.Equals(w.Route.Primary, settled.Primary, StringComparison.Ordinal)))
        {
            // It would be led by a node that leads no more. Nothing was agreed in it yet, so it just fails.
            session.Voided = true;
            session.Votes?.Cancel();
        }
    }

    private async Task<IReadOnlyDictionary<string, ReplicaReport>> CompareAsync(int attempt)
    {
        var timeout = _options.SettlingTimeout * Math.Pow(2, Math.Min(attempt, 10));
        if (timeout > LongestComparison)
            timeout = LongestComparison;
        var candidates = SettlementRules.Candidates(_record, Configured());
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopped);
        var asked = candidates.Select(c => ReportAsync(c, timeout, patient: attempt < PatientTries, enough.Token)).ToArray();
        await AnsweredAsync(candidates, asked);
        await enough.CancelAsync();
        var reports = await Task.WhenAll(asked);
        return candidates.Zip(reports).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
    }

    /// <summary>Waits for the answers. Those of nodes that fail all probes by silence are not waited for while another node may answer: whoever carries on, they stay behind.</summary>
    private async Task AnsweredAsync(ImmutableArray<string> candidates, Task<ReplicaReport>[] asked)
    {
        var all = Task.WhenAll(asked);
        while (!all.IsCompleted && (candidates.All(IsSilent) || candidates.Zip(asked).Any(c => !c.Second.IsCompleted && !IsSilent(c.First))))
            await WaitAsync(all, _time.GetUtcNow() + SilenceCheck, CancellationToken.None);
    }

    private async Task<ReplicaReport> ReportAsync(string storage, TimeSpan timeout, bool patient, CancellationToken enough)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(enough);
        using var late = new CancellationTokenSource(timeout, _time);
        await using var ending = late.Token.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), cancellation);
        try
        {
            var node = new NodeKey(_key.VirtualStorage, storage);
            return ReplicaReport.Of(await _gateway.ChecksumAsync(node, _record.ReplicaPath, cancellation.Token).WaitAsync(cancellation.Token));
        }
        catch (Exception e) when (!_stopped.IsCancellationRequested)
        {
            // A node that answers probes but not this is busy with a large repository: it gets more time before the others carry on without it.
            LogNoChecksum(storage, _key, e.Message);
            return late.IsCancellationRequested && patient && IsHealthy(storage) ? ReplicaReport.Late : ReplicaReport.Unreachable;
        }
    }

    /// <summary>
    /// A node may still have been busy with a write when the replicas were compared: told to go ahead before the crash, it changed after it was asked. So they are
    /// compared once more a little later. Replicas that cannot be asked then count for nothing: they were level the first time.
    /// </summary>
    private void ConfirmLater()
    {
        // For the caller's next write of the record: the next activation does it if this one ends before.
        _record = _record with { Unconfirmed = true };
        _confirmations = 0;
        ScheduleConfirmation(EndOfLateCalls);
    }

    private void ScheduleConfirmation(DateTimeOffset at)
    {
        _confirmAt = at;
        EnsureUpkeep();
    }

    private async Task ConfirmAsync()
    {
        _confirmAt = null;
        try
        {
            if (!await TryConfirmAsync() && ++_confirmations < MostConfirmations && _record.Exists() && !_failed)
                ScheduleConfirmation(EndOfLateCalls);
        }
        catch (Exception e) when (!_stopped.IsCancellationRequested)
        {
            LogSettlingFailed(_key, e);
        }
    }

    private async Task<bool> TryConfirmAsync()
    {
        if (await TryPauseAsync() is not { } pause)
            return false;
        try
        {
            var (id, generation) = (_record.RepositoryId, _record.Generation);
            var reports = await CompareAsync(attempt: 0);
            if (_failed || _record.RepositoryId != id || _record.Generation != generation || IsSettling || MayNodesBeChanging())
                return false;
            if (reports.Values.Any(r => r.Kind is ReportKind.Unreachable or ReportKind.Late))
                return false;
            if (Settled(reports) is { } settled && settled.Generation != generation)
                Apply(settled, reports);
            _record = _record with { Unconfirmed = false };
            await StoredAsync(_writer.WriteAsync());
            StartRepairs();
            return true;
        }
        finally
        {
            EndPause(pause);
        }
    }

    private ImmutableArray<string> Configured() =>
        _directory.Find(_key.VirtualStorage) is { } view ? [.. view.Nodes.Select(n => n.Storage)] : [];

    private bool IsHealthy(string storage) => Health(storage) is { Healthy: true };

    private bool IsSilent(string storage) => Health(storage) is { Silent: true };

    private NodeHealth? Health(string storage) =>
        _directory.Find(_key.VirtualStorage)?.Nodes.FirstOrDefault(n => string.Equals(n.Storage, storage, StringComparison.Ordinal));

    [LoggerMessage(LogLevel.Warning, "doubt about {Repository} settled: generation {Generation}, primary {Primary} ({Reports})")]
    private partial void LogSettled(RepositoryKey repository, long generation, string? primary, string reports);

    [LoggerMessage(LogLevel.Warning, "doubt about {Repository} cannot be settled yet ({Reports})")]
    private partial void LogUndecided(RepositoryKey repository, string reports);

    [LoggerMessage(LogLevel.Information, "{Storage} gave no checksum of {Repository}: {Reason}")]
    private partial void LogNoChecksum(string storage, RepositoryKey repository, string reason);

    [LoggerMessage(LogLevel.Warning, "comparing the replicas of {Repository} failed; it is tried again")]
    private partial void LogSettlingFailed(RepositoryKey repository, Exception exception);
}
