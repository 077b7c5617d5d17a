using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;
using Praefect.Grains.Embedded.Activations;
using Praefect.Grains.Embedded.State;
using Praefect.Store;

namespace Praefect.Grains.Embedded.Reminders;

/// <summary>
/// Fires reminders: one clock timer for the next one due, all work on a turn scheduler of its own. Ticks stay on the beat of the first
/// (start + n periods); those missed while the process was away are skipped, and a tick never overtakes the one before it.
/// </summary>
internal sealed partial class ReminderService(GrainRuntime runtime) : IReminderRegistry
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<(GrainId GrainId, string Name), Scheduled> _all = [];
    private readonly PriorityQueue<Scheduled, DateTimeOffset> _due = new();
    private readonly TurnScheduler _turns = new(runtime.Options.Scheduler);
    private ITimer? _timer;

    public async Task<IGrainReminder> RegisterOrUpdateReminder(GrainId callingGrainId, string reminderName, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        var minimum = runtime.Options.MinimumReminderPeriod;
        if (period < minimum)
            throw new ArgumentException($"Cannot register reminder {reminderName} of {callingGrainId}: the period {period} is shorter than the minimum {minimum}.", nameof(period));
        var stored = new StoredReminder(callingGrainId.KeyOf(reminderName), WholeMilliseconds(runtime.Time.GetUtcNow() + dueTime), period);
        await runtime.Store.WriteReminderAsync(stored, runtime.Stopped);
        var scheduled = new Scheduled(stored) { Next = stored.StartAt };
        Schedule(scheduled);
        return scheduled;
    }

    public async Task UnregisterReminder(GrainId callingGrainId, IGrainReminder reminder)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        await runtime.Store.DeleteReminderAsync(callingGrainId.KeyOf(reminder.ReminderName), runtime.Stopped);
        lock (_gate) _all.Remove((callingGrainId, reminder.ReminderName));
    }

    public Task<IGrainReminder?> GetReminder(GrainId callingGrainId, string reminderName)
    {
        lock (_gate) return Task.FromResult<IGrainReminder?>(_all.GetValueOrDefault((callingGrainId, reminderName)));
    }

    public Task<List<IGrainReminder>> GetReminders(GrainId callingGrainId)
    {
        lock (_gate) return Task.FromResult<List<IGrainReminder>>([.. _all.Values.Where(r => r.GrainId == callingGrainId)]);
    }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = runtime.Time.CreateTimer(_ => _turns.Enqueue(FireDue), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var now = runtime.Time.GetUtcNow();
        foreach (var stored in await runtime.Store.ReadRemindersAsync(cancellationToken))
        {
            var scheduled = new Scheduled(stored) { Next = NextAfter(stored, now) };
            if (runtime.Classes.Find(scheduled.GrainId.Type) is null) LogUnknownGrain(runtime.Log, scheduled.ReminderName, scheduled.GrainId);
            else Schedule(scheduled);
        }
    }

    internal void Stop()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            _all.Clear();
            _due.Clear();
        }
    }

    private static DateTimeOffset WholeMilliseconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>The first beat that is later than now, or the very first.</summary>
    private static DateTimeOffset NextAfter(StoredReminder reminder, DateTimeOffset now)
    {
        if (now < reminder.StartAt) return reminder.StartAt;
        var sinceTick = (now - reminder.StartAt).Ticks % reminder.Period.Ticks;
        return now.AddTicks(reminder.Period.Ticks - sinceTick);
    }

    private void Schedule(Scheduled reminder)
    {
        lock (_gate)
        {
            _all[(reminder.GrainId, reminder.ReminderName)] = reminder;
            _due.Enqueue(reminder, reminder.Next);
            SetTimer();
        }
    }

    private bool IsCurrent(Scheduled reminder) =>
        _all.TryGetValue((reminder.GrainId, reminder.ReminderName), out var current) && ReferenceEquals(current, reminder);

    private void SetTimer()
    {
        if (!_due.TryPeek(out _, out var next)) return;
        var wait = next - runtime.Time.GetUtcNow();
        // Rounded up: a timer that fires a tick early would find nothing due and spin.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer?.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private void FireDue()
    {
        List<Scheduled> due = [];
        var now = runtime.Time.GetUtcNow();
        lock (_gate)
        {
            while (_due.TryPeek(out var reminder, out var at) && at <= now)
            {
                _due.Dequeue();
                if (IsCurrent(reminder)) due.Add(reminder);
            }

            SetTimer();
        }

        foreach (var reminder in due) _ = FireAsync(reminder, now);
    }

    private async Task FireAsync(Scheduled reminder, DateTimeOffset now)
    {
        var stored = reminder.Stored;
        try
        {
            var grain = runtime.Factory.GetGrain<IRemindable>(reminder.GrainId);
            await grain.ReceiveReminder(reminder.ReminderName, new TickStatus(stored.StartAt.UtcDateTime, stored.Period, now.UtcDateTime));
        }
        catch (Exception error)
        {
            LogTickFailed(runtime.Log, error, reminder.ReminderName, reminder.GrainId);
        }

        lock (_gate)
        {
            if (!IsCurrent(reminder)) return;
            reminder.Next = NextAfter(stored, runtime.Time.GetUtcNow());
            _due.Enqueue(reminder, reminder.Next);
            SetTimer();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reminder {Name} of {GrainId} failed; it fires again at its next time")]
    private static partial void LogTickFailed(ILogger log, Exception error, string name, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reminder {Name} of {GrainId} does not fire: no registered class has this grain type")]
    private static partial void LogUnknownGrain(ILogger log, string name, GrainId grainId);

    private sealed class Scheduled(StoredReminder stored) : IGrainReminder
    {
        internal StoredReminder Stored { get; } = stored;

        internal DateTimeOffset Next { get; set; }

        internal GrainId GrainId { get; } = stored.Key.GrainOf();

        public string ReminderName => Stored.Key.Name;
    }
}
