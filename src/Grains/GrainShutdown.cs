namespace Praefect.Grains;

/// <summary>
/// Tells the grains of this process that it is about to stop, in two steps. First no write is opened any more, and those under way end: then no other process has
/// to find out what became of them. After that nobody is kept waiting: the runtime ends an activation only when its calls have ended, and lets none in meanwhile;
/// a vote that waits for another one would hold up the stop, and the repository with it, until the process is out of time.
/// </summary>
public sealed class GrainShutdown : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Writes under way, and one more for as long as new ones are taken.
    private int _open = 1;
    private int _draining;

    /// <summary>Cancelled when the grains are to let go of those who wait.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether writes may still be opened.</summary>
    public bool IsDraining => Volatile.Read(ref _draining) != 0;

    /// <summary>A write was opened. <see cref="WriteEnded"/> must follow, once.</summary>
    public void WriteOpened() => Interlocked.Increment(ref _open);

    /// <summary>Its outcome is recorded, or its activation ended with it.</summary>
    public void WriteEnded()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _drained.TrySetResult();
    }

    /// <summary>Takes no new writes and waits for those under way, at most for some time.</summary>
    /// <returns>Whether all have ended.</returns>
    public async Task<bool> DrainAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _draining, 1) == 0)
            WriteEnded();
        try
        {
            await _drained.Task.WaitAsync(longest, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Lets go of everybody. The gateway of the same process must have ended its calls before.</summary>
    public Task BeginAsync() => _source.CancelAsync();

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
