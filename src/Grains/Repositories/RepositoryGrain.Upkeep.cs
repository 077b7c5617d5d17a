using Microsoft.Extensions.Logging;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Repositories;

/// <content>Upkeep: a timer that runs while there are open writes, doubt or replicas behind, and a reminder that outlives the activation.</content>
public sealed partial class RepositoryGrain
{
    private const string RepairReminder = "repair";
    private readonly HashSet<string> _seenHealthy = new(StringComparer.Ordinal);
    private IGrainTimer? _upkeep;
    private bool? _reminded;

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _reminded = true;
        EnsureUpkeep();
        StartRepairs();
        return Task.CompletedTask;
    }

    private void EnsureUpkeep() => _upkeep ??= this.RegisterGrainTimer(
        static (grain, _) => grain.KeepUpAsync(),
        this,
        new GrainTimerCreationOptions(_options.UpkeepPeriod, _options.UpkeepPeriod) { KeepAlive = true, Interleave = true });

    private async Task KeepUpAsync()
    {
        if (_failed)
            return;
        ExpireTurns();
        await ExpireLeasesAsync();
        if (HasDoubt)
            StartSettling();
        if (_confirmAt <= _time.GetUtcNow() && !IsSettling && _confirming.IsCompleted)
            _confirming = ConfirmAsync();
        NoticeReturns();
        StartRepairs();
        var work = IsBehind() || HasDoubt || HasSurplus();
        await KeepReminderAsync(work);
        if (!work && _writes.Count == 0 && _turns.IsEmpty && _confirmAt is null && !IsBehind() && !HasDoubt && !HasSurplus())
        {
            _upkeep?.Dispose();
            _upkeep = null;
        }
    }

    private async Task ExpireLeasesAsync()
    {
        var now = _time.GetUtcNow();
        foreach (var session in _writes.Values.Where(w => w.LeaseUntil <= now).ToArray())
        {
            LogLeaseExpired(session.Route.TransactionId, _key);
            try
            {
                await Finish(session, [.. session.Participants.Select(p => new NodeOutcome(p, 0, string.Empty, Broken: true))]);
            }
            catch (RouteException e)
            {
                LogNotEnded(session.Route.TransactionId, _key, e.Message);
            }
        }
    }

    // A target that came back is repaired at once, whatever the failures before it went.
    private void NoticeReturns()
    {
        foreach (var node in _directory.Find(_key.VirtualStorage)?.Nodes ?? [])
        {
            if (!node.Healthy)
                Lost(node.Storage);
            else if (_seenHealthy.Add(node.Storage) && _repairs.TryGetValue(node.Storage, out var backoff))
                backoff.Forget();
        }
    }

    // A copy from or to a node that is gone would only end with its long timeout.
    private void Lost(string storage)
    {
        _seenHealthy.Remove(storage);
        foreach (var repair in _repairs.Values)
            repair.CancelIfAmong(storage);
    }

    private async Task KeepReminderAsync(bool wanted)
    {
        if (wanted == (_reminded ?? false))
            return;
        try
        {
            if (wanted)
                await this.RegisterOrUpdateReminder(RepairReminder, _options.RepairReminder, _options.RepairReminder);
            else if (await this.GetReminder(RepairReminder) is { } reminder)
                await this.UnregisterReminder(reminder);
            _reminded = wanted;
        }
        catch (Exception e)
        {
            LogReminderFailed(_key, e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "write {TransactionId} on {Repository} is ended: its gateway was not heard of in time")]
    private partial void LogLeaseExpired(ulong transactionId, RepositoryKey repository);

    [LoggerMessage(LogLevel.Warning, "ending write {TransactionId} on {Repository} failed: {Reason}")]
    private partial void LogNotEnded(ulong transactionId, RepositoryKey repository, string reason);

    [LoggerMessage(LogLevel.Warning, "the repair reminder of {Repository} could not be set or removed")]
    private partial void LogReminderFailed(RepositoryKey repository, Exception exception);
}
