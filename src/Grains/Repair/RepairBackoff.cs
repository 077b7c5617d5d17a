namespace Praefect.Grains.Repair;

/// <summary>When the next copy to one target may start.</summary>
internal sealed class RepairBackoff(TimeSpan first, TimeSpan longest)
{
    // At the usual first wait of 1 s a pool has half a minute to arrive: many times what its own repair takes on a node that is up.
    private const int MostWaits = 30;
    private DateTimeOffset _heldUntil;
    private int _failures;
    private int _waits;

    private CancellationTokenSource? _cancellation;
    private RepairStep _step;

    /// <summary>A copy is running.</summary>
    public bool Running => _cancellation is not null;

    /// <summary>Where the last copy came from.</summary>
    public string Source => _step.Source;

    /// <summary>The last copy.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>Not before this moment (UTC).</summary>
    public DateTimeOffset NotBefore
    {
        get => field > _heldUntil ? field : _heldUntil;
        private set;
    }

    /// <summary>When the target was first seen behind, before its first copy; null: not since it was level.</summary>
    public DateTimeOffset? BehindSince { get; set; }

    /// <summary>A copy has begun since the target fell behind.</summary>
    public bool Begun { get; private set; }

    /// <summary>A copy starts.</summary>
    /// <param name="step">From where to where.</param>
    /// <param name="cancellation">Ends it; the caller's to dispose, after <see cref="End"/>.</param>
    public void Begin(RepairStep step, CancellationTokenSource cancellation) => (_step, _cancellation, Begun) = (step, cancellation, true);

    /// <summary>The target is level.</summary>
    public void Level()
    {
        Forget();
        (BehindSince, Begun) = (null, false);
    }

    /// <summary>The copy ended.</summary>
    public void End() => _cancellation = null;

    /// <summary>Whether the storage is the source or target of a running copy.</summary>
    public bool IsAmong(string storage) =>
        Running && (string.Equals(_step.Target, storage, StringComparison.Ordinal) || string.Equals(_step.Source, storage, StringComparison.Ordinal));

    /// <summary>Ends the running copy if the storage is its source or target.</summary>
    public void CancelIfAmong(string storage)
    {
        if (IsAmong(storage))
            _cancellation?.Cancel();
    }

    /// <summary>Nothing failed, but the copy could not be finished now.</summary>
    public void Defer(DateTimeOffset now) => NotBefore = now + first;

    /// <summary>A copy whose end nobody saw may still be under way: nothing shortens this wait.</summary>
    public void Hold(DateTimeOffset until) => _heldUntil = until;

    /// <summary>
    /// What the copy needs beside it (an object pool) is not on the target yet. It is on its way there, so the wait stays short; but not for ever, since the pool
    /// may not be meant to be there.
    /// </summary>
    /// <returns>False when it was waited for long enough.</returns>
    public bool TryWait(DateTimeOffset now)
    {
        if (_waits == MostWaits)
            return false;
        _waits++;
        NotBefore = now + first;
        return true;
    }

    /// <summary>A copy failed: the wait doubles, up to the longest.</summary>
    public void Failed(DateTimeOffset now)
    {
        var wait = first * Math.Pow(2, Math.Min(_failures++, 30));
        NotBefore = now + (wait < longest ? wait : longest);
    }

    /// <summary>The target came back, or nothing stands in the way any more: try at once.</summary>
    public void Forget()
    {
        _failures = 0;
        _waits = 0;
        NotBefore = default;
    }
}
