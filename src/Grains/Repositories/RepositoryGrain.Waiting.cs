using Praefect.Grains.Routing;

namespace Praefect.Grains.Repositories;

/// <content>
/// When new writes wait: while the replicas are being compared, and while the last copy to a replica is made that a busy repository would keep behind for ever.
/// </content>
public sealed partial class RepositoryGrain
{
    private TaskCompletionSource _progress = NewSignal();
    private TaskCompletionSource? _settled;
    private Pause? _pause;
    private DateTimeOffset _noPauseBefore;

    private bool IsSettling => _settled is not null;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until new writes may begin.</summary>
    /// <exception cref="RouteException">They may not yet, after as long as a caller is to wait; or the store failed.</exception>
    private async Task WaitUntilOpenAsync(CancellationToken cancellationToken)
    {
        var until = _time.GetUtcNow() + _options.SettlingWait;
        while (!_failed && ClosedBy() is { } closed)
        {
            if (_time.GetUtcNow() >= until)
                throw new RouteException(RouteFailure.Settling, "a write was cut off and the replicas are being compared; try again");
            await WaitAsync(closed.Over, closed.Until < until ? closed.Until : until, cancellationToken);
        }

        ThrowIfFailed();
    }

    // A pause ends by itself when its time is up, whatever its owner is waiting for.
    private (Task Over, DateTimeOffset Until)? ClosedBy()
    {
        if (_settled is { } settled)
            return (settled.Task, DateTimeOffset.MaxValue);
        return _pause is { } pause && _time.GetUtcNow() < pause.Until ? (pause.Over.Task, pause.Until) : null;
    }

    // What a write's first go-ahead waits for.
    private (Task Over, DateTimeOffset Until)? QuietUntil() => IsSettling || _pause is { Quiet: true } ? ClosedBy() : null;

    /// <summary>Waits for a task, at most until a moment. Reaching it is no error.</summary>
    private async Task WaitAsync(Task task, DateTimeOffset until, CancellationToken cancellationToken)
    {
        var left = until - _time.GetUtcNow();
        if (left <= TimeSpan.Zero)
            return;
        try
        {
            if (until == DateTimeOffset.MaxValue)
                await task.WaitAsync(cancellationToken);
            else
                await task.WaitAsync(WholeMilliseconds(left), _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The caller looks at the clock itself.
        }
    }

    // A wait counts in whole milliseconds and drops the rest: the last part of one would be no wait at all, and the caller's loop would spin through it.
    private static TimeSpan WholeMilliseconds(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

    /// <summary>Something ended that somebody may wait for.</summary>
    private void Progressed()
    {
        var progress = _progress;
        _progress = NewSignal();
        progress.TrySetResult();
    }

    /// <summary>Waits until a condition holds, looked at whenever something ends.</summary>
    /// <returns>Whether it holds.</returns>
    private async Task<bool> UntilAsync(Func<bool> condition, DateTimeOffset until)
    {
        while (!condition())
        {
            if (_failed || _time.GetUtcNow() >= until)
                return false;
            await WaitAsync(_progress.Task, until, _stopped);
        }

        return true;
    }

    /// <summary>
    /// Keeps new writes waiting and lets those under way end, for at most half of the time of a pause; then holds back first go-aheads for the rest of it.
    /// Writes that stay open without having been told to go ahead (a long upload) do not matter: nothing changes until the pause is over.
    /// </summary>
    /// <returns>Null when nodes may still be changing, or somebody else keeps writes waiting.</returns>
    private async Task<Pause?> TryPauseAsync()
    {
        var now = _time.GetUtcNow();
        if (ClosedBy() is not null || _failed || now < _noPauseBefore)
            return null;
        var pause = _pause = new Pause(now, now + _options.RepairPause);
        await UntilAsync(() => IsSettling || (_writes.Count == 0 && _finishing.Count == 0), now + (_options.RepairPause / 2));
        if (!IsSettling && !_failed && !MayNodesBeChanging())
        {
            pause.Quiet = true;
            return pause;
        }

        EndPause(pause);
        return null;
    }

    private void EndPause(Pause pause)
    {
        if (ReferenceEquals(_pause, pause))
            _pause = null;
        // Writes get at least as much time as the pause took from them: several copies in a row do not lock them out.
        var now = _time.GetUtcNow();
        _noPauseBefore = now + (now - pause.Since);
        pause.Over.TrySetResult();
        Progressed();
    }

    private bool MayNodesBeChanging() => _writes.Values.Any(w => w.MayHaveChanged);

    private sealed class Pause(DateTimeOffset since, DateTimeOffset until)
    {
        public DateTimeOffset Since { get; } = since;

        public DateTimeOffset Until { get; } = until;

        public TaskCompletionSource Over { get; } = NewSignal();

        /// <summary>First go-aheads wait, too.</summary>
        public bool Quiet { get; set; }
    }
}
