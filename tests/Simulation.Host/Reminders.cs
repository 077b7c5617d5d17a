using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Timers;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// Fires reminders. Ticks stay on the beat of the first (start + n periods); those missed while the process was away are skipped, and a tick never overtakes the one
/// before it. The table is read at the start only: Orleans reads it again every five minutes, for what other silos wrote.
/// </summary>
internal sealed partial class Reminders : IReminderRegistry
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);
    private readonly Dictionary<(GrainId Grain, string Name), Beat> _beats = [];
    private readonly IReminderTable _table;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILogger<Reminders> _logger;
    private readonly TimeSpan _shortest;
    private readonly TaskFactory _turns;
    private CancellationToken _stopped;

    /// <summary>Created by <see cref="GrainHostServices.AddGrainHost"/>.</summary>
    public Reminders(
        IReminderTable table, IGrainFactory grains, ITurnScheduler scheduler, TimeProvider time, IOptions<ReminderOptions> options, ILogger<Reminders> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_table, _grains, _time, _logger, _shortest) = (table, grains, time, logger, options.Value.MinimumReminderPeriod);
        _turns = new TaskFactory(
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, new WorkQueue(scheduler, null));
    }

    /// <inheritdoc/>
    public Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentException.ThrowIfNullOrEmpty(reminderName);
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        if (period < _shortest)
            throw new ArgumentException($"Cannot register reminder {reminderName}: its period {period} is shorter than {_shortest}.", nameof(period));
        return InTurnAsync<IGrainReminder>(async () =>
        {
            var entry = new ReminderEntry
            {
                GrainId = callingGrainId,
                ReminderName = reminderName,
                StartAt = _time.GetUtcNow().UtcDateTime + dueTime,
                Period = period,
            };
            entry.ETag = await _table.UpsertRow(entry)
                ?? throw new ReminderException($"Could not register reminder {reminderName} of {callingGrainId}. Please try again later.");
            Begin(entry);
            return new Reminder(entry);
        });
    }

    /// <inheritdoc/>
    public Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        return InTurnAsync(async () =>
        {
            var entry = ((Reminder)reminder).Entry;
            if (!await _table.RemoveRow(entry.GrainId, entry.ReminderName, entry.ETag!) && await _table.ReadRow(entry.GrainId, entry.ReminderName) is not null)
                throw new ReminderException($"Could not unregister reminder {entry.ReminderName} of {entry.GrainId}: it was changed. You can retry.");
            End(entry);
            return true;
        });
    }

    /// <inheritdoc/>
    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName) =>
        InTurnAsync<IGrainReminder?>(async () => await _table.ReadRow(callingGrainId, reminderName) is { } entry ? new Reminder(entry) : null);

    /// <inheritdoc/>
    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId) =>
        InTurnAsync<List<IGrainReminder>>(async () => [.. (await _table.ReadRows(callingGrainId)).Reminders.Select(static entry => new Reminder(entry))]);

    internal Task StartAsync(CancellationToken stopped, CancellationToken cancellationToken)
    {
        _stopped = stopped;
        return InTurnAsync(async () =>
        {
            await _table.StartAsync(cancellationToken);
            foreach (var entry in (await _table.ReadRows(0, 0)).Reminders)
                Begin(entry);
            return true;
        });
    }

    // The first beat that is later than now, or the very first.
    private static DateTime NextAfter(ReminderEntry entry, DateTime now) =>
        now < entry.StartAt ? entry.StartAt : now.AddTicks(entry.Period.Ticks - ((now - entry.StartAt).Ticks % entry.Period.Ticks));

    private Task<T> InTurnAsync<T>(Func<Task<T>> work) => _turns.StartNew(work, _stopped).Unwrap();

    private void Begin(ReminderEntry entry)
    {
        End(entry);
        var beat = new Beat(entry, CancellationTokenSource.CreateLinkedTokenSource(_stopped));
        _beats[(entry.GrainId, entry.ReminderName)] = beat;
        _ = BeatAsync(beat);
    }

    private void End(ReminderEntry entry)
    {
        if (_beats.Remove((entry.GrainId, entry.ReminderName), out var beat))
            beat.Stop.Cancel();
    }

    private async Task BeatAsync(Beat beat)
    {
        using var stop = beat.Stop;
        var token = stop.Token;
        while (await WaitAsync(beat.Entry, token))
            await FireAsync(beat.Entry);
    }

    // Rounded up: a timer that fires a tick early would find nothing due.
    private async Task<bool> WaitAsync(ReminderEntry entry, CancellationToken stop)
    {
        var next = NextAfter(entry, Now());
        for (var wait = next - Now(); wait > TimeSpan.Zero && !stop.IsCancellationRequested; wait = next - Now())
        {
            wait = wait > s_longestWait ? s_longestWait : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
            await Task.Delay(wait, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        return !stop.IsCancellationRequested;
    }

    private async Task FireAsync(ReminderEntry entry)
    {
        try
        {
            await _grains.GetGrain<IRemindable>(entry.GrainId).ReceiveReminder(entry.ReminderName, new TickStatus(entry.StartAt, entry.Period, Now()));
        }
        catch (Exception e)
        {
            LogTickFailed(_logger, e, entry.ReminderName, entry.GrainId);
        }
    }

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reminder {Name} of {GrainId} failed; it fires again at its next time")]
    private static partial void LogTickFailed(ILogger logger, Exception error, string name, GrainId grainId);

    private sealed record Beat(ReminderEntry Entry, CancellationTokenSource Stop);

    private sealed record Reminder(ReminderEntry Entry) : IGrainReminder
    {
        public string ReminderName => Entry.ReminderName;
    }
}
