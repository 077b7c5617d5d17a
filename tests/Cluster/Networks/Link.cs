namespace Praefect.Cluster.Networks;

/// <summary>The way between two processes, in both directions.</summary>
internal sealed class Link : IDisposable
{
    /// <summary>How late things arrive over a slow link.</summary>
    public static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(150);

    private readonly Lock _turn = new();
    private TaskCompletionSource _changed = Source();
    private CancellationTokenSource _reset = new();
    private LinkMode _mode;
    private long _held;

    /// <summary>How often something waited for a cut to end, came late, or found its connection broken: shows that a fault hit.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Ends the connections of now when the link is reset.</summary>
    public CancellationToken Broken
    {
        get
        {
            lock (_turn)
                return _reset.Token;
        }
    }

    public void Set(LinkMode mode)
    {
        CancellationTokenSource reset;
        lock (_turn)
        {
            if (_mode == LinkMode.Reset && mode != LinkMode.Reset)
            {
                _reset.Dispose();
                _reset = new CancellationTokenSource();
            }

            (_mode, reset) = (mode, _reset);
            _changed.SetResult();
            _changed = Source();
        }

        if (mode == LinkMode.Reset)
            reset.Cancel();
    }

    /// <summary>Ends when what is to be sent may arrive.</summary>
    /// <exception cref="OperationCanceledException">The connection has ended meanwhile.</exception>
    public async ValueTask PassAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Task changed;
            LinkMode mode;
            lock (_turn)
                (changed, mode) = (_changed.Task, _mode);
            if (mode == LinkMode.Pass)
                return;
            Interlocked.Increment(ref _held);
            if (mode == LinkMode.Slow)
            {
                await Task.Delay(Lateness, time, cancellationToken);
                return;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A connection was broken.</summary>
    public void CountBroken() => Interlocked.Increment(ref _held);

    public void Dispose() => _reset.Dispose();

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
