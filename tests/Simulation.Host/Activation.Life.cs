using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <content>From the first call to the last: construction, state, hooks, timers, disposal.</content>
internal sealed partial class Activation
{
    private readonly Queue<Operation> _operations = [];
    private readonly List<IGrainTimer> _timers = [];
    private volatile ActivationState _state = ActivationState.Creating;
    private DeactivationReason _reason;
    private bool _started;
    private bool _operating;
    private long _lastUsed;
    private DateTimeOffset _keepUntil = DateTimeOffset.MinValue;

    private enum ActivationState
    {
        Creating,
        Activating,
        Valid,
        Deactivating,
        Invalid,
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        Operation[] pending;
        lock (_gate)
        {
            if (_state == ActivationState.Invalid)
                return;
            if (_reason.ReasonCode == DeactivationReasonCode.None)
                _reason = deactivationReason;
            if (_state == ActivationState.Deactivating)
                return;
            pending = [.. _operations];
            _operations.Enqueue(new Deactivating(_host, _state, cancellationToken));
            _state = ActivationState.Deactivating;
        }

        foreach (var operation in pending)
            operation.Cancel();
        Signal();
    }

    public void DelayDeactivation(TimeSpan time)
    {
        lock (_gate)
        {
            _keepUntil = time == TimeSpan.MaxValue || time == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue
                : time <= TimeSpan.Zero ? DateTimeOffset.MinValue
                : _host.Time.GetUtcNow() + time;
        }
    }

    /// <summary>Deactivates when nobody has used it for its collection age.</summary>
    public void CollectIfIdle()
    {
        var age = _host.CollectionAge(_class);
        lock (_gate)
        {
            if (age == Timeout.InfiniteTimeSpan || _state != ActivationState.Valid || _running.Count > 0 || _waiting.Count > 0)
                return;
            if (_host.Time.GetUtcNow() < _keepUntil || _host.Time.GetElapsedTime(_lastUsed) < age)
                return;
        }

        Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Not used for {age}."));
    }

    public void Add(IGrainTimer timer)
    {
        lock (_gate)
            _timers.Add(timer);
    }

    public void Remove(IGrainTimer timer)
    {
        lock (_gate)
            _timers.Remove(timer);
    }

    private void Start()
    {
        try
        {
            GrainInstance = _class.Create(this);
            (GrainInstance as ILifecycleParticipant<IGrainLifecycle>)?.Participate(ObservableLifecycle);
        }
        catch (Exception e)
        {
            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationFailed, e, "Error constructing grain instance."));
        }

        _started = true;
        Signal();
    }

    private async Task OperateAsync()
    {
        while (true)
        {
            Operation? operation;
            lock (_gate)
            {
                if (!_operations.TryPeek(out operation))
                {
                    _operating = false;
                    break;
                }
            }

            // Stays in the queue until it is done, so that a deactivation finds the activation that it ends.
            await (operation is Deactivating deactivating ? DeactivateAsync(deactivating) : ActivateAsync(operation.Token));
            lock (_gate)
                _operations.Dequeue();
            operation.Dispose();
        }

        RunWaiting();
    }

    private async Task ActivateAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_state != ActivationState.Creating)
                return;
            _state = ActivationState.Activating;
        }

        try
        {
            await _lifecycle.OnStart(cancellationToken).WaitAsync(cancellationToken);
            if (GrainInstance is IGrainBase grain)
                await grain.OnActivateAsync(cancellationToken).WaitAsync(cancellationToken);
            lock (_gate)
            {
                if (_state == ActivationState.Activating)
                    _state = ActivationState.Valid;
            }
        }
        catch (Exception e)
        {
            var cause = e is OrleansLifecycleCanceledException { InnerException: { } inner } ? inner : e;
            LogActivationFailed(_host.Log, cause, GrainId);
            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationFailed, cause, "Failed to activate grain."));
        }
    }

    private async Task DeactivateAsync(Deactivating deactivating)
    {
        StopTimers();
        try
        {
            if (deactivating.Was == ActivationState.Valid && GrainInstance is IGrainBase grain)
                await grain.OnDeactivateAsync(_reason, deactivating.Token).WaitAsync(deactivating.Token);
        }
        catch (Exception e)
        {
            LogDeactivationFailed(_host.Log, e, GrainId);
        }

        try
        {
            await _lifecycle.OnStop(deactivating.Token).WaitAsync(deactivating.Token);
        }
        catch (Exception e)
        {
            LogDeactivationFailed(_host.Log, e, GrainId);
        }

        _host.Remove(this);
        lock (_gate)
            _state = ActivationState.Invalid;
        StopTimers();
        await DisposeInstanceAsync();
        _deactivated.TrySetResult();
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            if (GrainInstance is { } instance)
                await _class.DisposeAsync(this, instance);
            await _scope.DisposeAsync();
        }
        catch (Exception e)
        {
            LogDeactivationFailed(_host.Log, e, GrainId);
        }
    }

    private void StopTimers()
    {
        IGrainTimer[] timers;
        lock (_gate)
            timers = [.. _timers];
        foreach (var timer in timers)
            timer.Dispose();
    }

    // What waited fails with the error of the activation, or goes to a new one. Ticks end with their activation.
    private void PassOnIfGone()
    {
        GrainCall[] calls;
        lock (_gate)
        {
            if (_state != ActivationState.Invalid)
                return;
            calls = [.. _waiting.OfType<GrainCall>()];
            _waiting.Clear();
        }

        foreach (var call in calls)
        {
            if (_reason.Exception is { } error)
                call.Fail(error);
            else
                _host.Forward(call, this);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Activation of {GrainId} failed")]
    private static partial void LogActivationFailed(ILogger log, Exception error, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deactivation of {GrainId} failed")]
    private static partial void LogDeactivationFailed(ILogger log, Exception error, GrainId grainId);

    /// <summary>What runs alone. The activation's own end, or a time limit, cuts it short.</summary>
    private abstract class Operation(CancellationTokenSource source) : IDisposable
    {
        public CancellationToken Token { get; } = source.Token;

        public void Cancel() => source.Cancel();

        public virtual void Dispose() => source.Dispose();
    }

    private sealed class Activating(GrainHost host) : Operation(new CancellationTokenSource(host.Collection.ActivationTimeout, host.Time));

    private sealed class Deactivating : Operation
    {
        private readonly CancellationTokenRegistration _registration;

        public Deactivating(GrainHost host, ActivationState was, CancellationToken cancellationToken)
            : base(new CancellationTokenSource(host.Collection.DeactivationTimeout, host.Time))
        {
            Was = was;
            _registration = cancellationToken.UnsafeRegister(static self => ((Deactivating)self!).Cancel(), this);
        }

        public ActivationState Was { get; }

        public override void Dispose()
        {
            _registration.Unregister();
            base.Dispose();
        }
    }
}
