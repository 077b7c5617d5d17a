namespace Praefect.Silo.Hosting;

/// <summary>
/// A clock whose timestamps begin with it. Orleans' watchdog starts the thread that compares two timestamps before it sets one of them, and then takes the time
/// since zero, which is the machine's uptime with the usual clock, for a stall: it warns of it, and holds the silo for degraded.
/// </summary>
internal sealed class UptimeClock(TimeProvider inner) : TimeProvider
{
    private readonly long _begin = inner.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override long GetTimestamp() => inner.GetTimestamp() - _begin;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);
}
