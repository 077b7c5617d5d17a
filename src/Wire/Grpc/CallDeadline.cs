namespace Praefect.Wire.Grpc;

/// <summary>Joins a caller's token with a deadline, and remembers which of the two ended the call.</summary>
public sealed class CallDeadline : IDisposable
{
    // The timer of a CancellationTokenSource holds no longer span; a deadline further away is none.
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource? _linked;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly TimeSpan? _timeout;

    /// <summary>Starts now.</summary>
    /// <param name="timeout">Time from now; null: no deadline of its own. Zero or less has passed already; beyond some seven weeks no timer runs.</param>
    /// <param name="time">Clock of the deadline.</param>
    /// <param name="caller">Ends the call as well.</param>
    public CallDeadline(TimeSpan? timeout, TimeProvider time, CancellationToken caller)
    {
        _time = time;
        _timeout = timeout;
        Token = caller;
        if (timeout is not { } span)
        {
            return;
        }

        _started = time.GetTimestamp();
        if (span > s_longest)
        {
            return;
        }

        _timer = span > TimeSpan.Zero ? new CancellationTokenSource(span, time) : new CancellationTokenSource();
        if (span <= TimeSpan.Zero)
        {
            _timer.Cancel();
        }

        _linked = caller.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token) : null;
        Token = (_linked ?? _timer).Token;
    }

    /// <summary>Cancelled by the caller or by the deadline.</summary>
    public CancellationToken Token { get; }

    /// <summary>The deadline has passed.</summary>
    public bool Expired => _timer is { IsCancellationRequested: true };

    /// <summary>Time until the deadline, never negative; null: there is none.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            if (_timeout is not { } span)
            {
                return null;
            }

            var left = span - _time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked?.Dispose();
        _timer?.Dispose();
    }
}
