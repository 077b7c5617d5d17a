namespace Praefect.Simulation.Engine;

/// <summary>The run's time as one process reads it. Its timers end with it and wait while it hangs.</summary>
internal sealed class HostTime(Host host) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => host.World.UtcNow;

    public override long GetTimestamp() => host.World.Now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(host, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(Host host, TimerCallback callback, object? state) : ITimer
    {
        private SimEvent? _next;
        private TimeSpan _period;
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Cancel();
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                Schedule(dueTime);
            return true;
        }

        public void Dispose() => Cancel();

        public ValueTask DisposeAsync()
        {
            Cancel();
            return ValueTask.CompletedTask;
        }

        private void Cancel()
        {
            _version++;
            if (_next is { } next)
                next.Canceled = true;
            _next = null;
        }

        private void Schedule(TimeSpan wait)
        {
            var version = _version;
            _next = host.World.After(wait, () => host.Post(() => Fire(version)));
        }

        private void Fire(int version)
        {
            if (version != _version)
                return;
            if (_period > TimeSpan.Zero)
                Schedule(_period);
            callback(state);
        }
    }
}
