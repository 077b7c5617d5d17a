using System.Threading.Tasks.Sources;

namespace Praefect.Wire.Yamux;

/// <summary>
/// A sticky wake-up for one waiter that allocates nothing: <see cref="Set"/> before <see cref="WaitAsync"/> makes the wait return at
/// once, several sets count as one. Waiters look again at what they wait for, so a wake-up too many does no harm.
/// </summary>
internal sealed class AsyncSignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private bool _set;
    private bool _waiting;

    /// <summary>Wakes the waiter, or the next one.</summary>
    public void Set()
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                _set = true;
                return;
            }

            _waiting = false;
            _core.SetResult(true);
        }
    }

    /// <summary>Waits for <see cref="Set"/>. One waiter at a time.</summary>
    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_waiting)
                throw new InvalidOperationException("a second write was started before the first had ended");
            if (_set)
            {
                _set = false;
                return ValueTask.CompletedTask;
            }

            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled(cancellationToken);
            _core.Reset();
            _waiting = true;
            _token = cancellationToken;

            // Registered inside the lock: a wake-up from elsewhere must find the registration that it has to dispose of.
            _registration = cancellationToken.UnsafeRegister(static state => ((AsyncSignal)state!).Cancel(), this);
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        _registration.Dispose();
        _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Cancel()
    {
        lock (_gate)
        {
            if (!_waiting)
                return;
            _waiting = false;
            _core.SetException(new OperationCanceledException(_token));
        }
    }
}
