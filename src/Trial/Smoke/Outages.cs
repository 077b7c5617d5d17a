namespace Praefect.Trial.Smoke;

/// <summary>Counts attempts and measures how long the longest row of failures lasted, from the first that failed to the next that worked.</summary>
internal sealed class Outages(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];
    private long _since;
    private bool _out;
    private TimeSpan _longest;
    private int _worked;

    public int Worked
    {
        get
        {
            lock (_gate)
                return _worked;
        }
    }

    /// <summary>Reasons of all failures, in order.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate)
                return [.. _failures];
        }
    }

    /// <summary>The longest outage so far, one that still lasts included.</summary>
    public TimeSpan Longest
    {
        get
        {
            lock (_gate)
                return _out && time.GetElapsedTime(_since) is var lasting && lasting > _longest ? lasting : _longest;
        }
    }

    /// <param name="started">When the attempt began: an outage is felt from then on, not from when it is reported.</param>
    /// <param name="failure">Why it failed; null: it worked.</param>
    public void Count(long started, string? failure)
    {
        lock (_gate)
        {
            if (failure is not null)
            {
                _failures.Add(failure);
                _since = _out ? _since : started;
                _out = true;
                return;
            }

            _worked++;
            if (_out && time.GetElapsedTime(_since) is var lasted && lasted > _longest)
                _longest = lasted;
            _out = false;
        }
    }
}
