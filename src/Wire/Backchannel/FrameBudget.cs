namespace Praefect.Wire.Backchannel;

/// <summary>
/// How many frames that carry nothing a peer may send on one connection. Such frames cost the receiver time and the sender almost
/// none, no protocol limits them, and Kestrel answers or drops them for ever (measured: one core busy with 0.3 to 2 million a second).
/// Honest peers send them in proportion to the calls they make and the data they get, so both earn; the rest is a steady allowance.
/// Not thread-safe but for <see cref="EarnBySending"/>: one reader charges.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="perSecond">What is always allowed, a second.</param>
/// <param name="burst">The most that can be saved up, and what there is at the start.</param>
internal sealed class FrameBudget(TimeProvider time, int perSecond = FrameBudget.PerSecond, int burst = FrameBudget.Burst)
{
    /// <summary>Frames a second that are always allowed: a fast Go client measures the way with a ping for each answer, some ten thousand a second.</summary>
    public const int PerSecond = 50_000;

    /// <summary>The most that can be saved up.</summary>
    public const int Burst = 100_000;

    /// <summary>What a call earns: its acknowledgements, window updates and pings.</summary>
    public const int PerCall = 4;

    /// <summary>
    /// Calls given up a second that are always allowed. A call that is opened and reset at once costs the gateway far more than its client; those that
    /// time out together are few thousands.
    /// </summary>
    public const int ResetsPerSecond = 2000;

    /// <summary>The most of them that can be saved up.</summary>
    public const int ResetBurst = 5000;

    /// <summary>Sent or received, so many bytes earn one frame.</summary>
    private const int BytesPerFrame = 256;

    private long _left = burst;
    private long _sentBytes;
    private long _receivedBytes;
    private long _filled = time.GetTimestamp();

    /// <summary>Takes an amount away, or adds it when negative. False: the peer has used up all that it had.</summary>
    public bool TryCharge(long amount)
    {
        _left = Math.Min(burst, _left - amount);
        return _left >= 0 || Refill();
    }

    /// <summary>Bytes of data came from the peer.</summary>
    public void EarnByReceiving(long bytes) => _receivedBytes += bytes;

    /// <summary>Bytes go to the peer. May be called beside everything else.</summary>
    public void EarnBySending(long bytes) => Interlocked.Add(ref _sentBytes, bytes);

    // Clock and counters are looked at only when the peer has run out, so that an honest one costs an addition a frame.
    private bool Refill()
    {
        var now = time.GetTimestamp();
        var seconds = time.GetElapsedTime(_filled, now).TotalSeconds;
        _filled = now;
        var earned = (long)Math.Min(burst, seconds * perSecond) + (Interlocked.Exchange(ref _sentBytes, 0) + _receivedBytes) / BytesPerFrame;
        _receivedBytes = 0;
        _left = Math.Min(burst, _left + earned);
        return _left >= 0;
    }
}
