namespace Praefect.Trial.Tests.Failover;

/// <summary>The longest time that one caller, who calls again and again, went without a success.</summary>
internal sealed class CallerGaps(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _last = time.GetTimestamp();
    private long _longest;

    /// <summary>The longest time since <see cref="Begin"/> without a success, one that still lasts included.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_gate)
                return time.GetElapsedTime(0, Math.Max(_longest, time.GetTimestamp() - _last));
        }
    }

    /// <summary>Forgets what was before; the success that came last still counts as the beginning of what comes.</summary>
    public void Begin()
    {
        lock (_gate)
            _longest = 0;
    }

    /// <summary>A call worked.</summary>
    public void Worked()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _longest = Math.Max(_longest, now - _last);
            _last = now;
        }
    }
}
