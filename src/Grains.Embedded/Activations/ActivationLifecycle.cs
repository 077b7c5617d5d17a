using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using Praefect.Grains.Embedded.State;
using Praefect.Grains.Embedded.Timers;

namespace Praefect.Grains.Embedded.Activations;

/// <summary>From the first call to the last: construction, state, hooks, timers, disposal.</summary>
internal sealed partial class Activation
{
    private readonly List<GrainTimer> _timers = [];
    private readonly List<IActivationState> _states = [];
    private AsyncServiceScope? _scope;
    private DeactivationReason _reason;
    private CancellationToken _deactivationToken;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            // One that is still activating is asked again when it is through.
            if (_state == ActivationState.Activating) _stopAfterActivating ??= deactivationReason;
            if (_state != ActivationState.Valid) return;
            _state = ActivationState.Deactivating;
            _reason = deactivationReason;
            _deactivationToken = cancellationToken;
            if (_running.Count == 0) BeginDeactivating();
        }
    }

    internal void DelayDeactivation(TimeSpan time)
    {
        var now = _runtime.Time.GetTimestamp();
        lock (_gate)
        {
            _keepUntil = time == TimeSpan.MaxValue || time == Timeout.InfiniteTimeSpan ? long.MaxValue
                : time <= TimeSpan.Zero ? 0
                : now + _runtime.ToTimestamp(time);
        }
    }

    /// <summary>Deactivates when nobody has used it for its collection age.</summary>
    internal void CollectIfIdle(long now)
    {
        if (Class.CollectionAge == Timeout.InfiniteTimeSpan) return;
        var age = Class.CollectionAge ?? _runtime.Options.CollectionAge;
        lock (_gate)
        {
            if (_state != ActivationState.Valid || _running.Count > 0 || _waiting.Count > 0) return;
            if (now < _keepUntil || now - _lastUsed < _runtime.ToTimestamp(age)) return;
        }

        Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Not used for {age}."));
    }

    /// <summary>The process plays dead: nothing of this activation happens any more except what is already running.</summary>
    internal void Kill(Exception error)
    {
        var unanswered = new List<Turn>();
        lock (_gate)
        {
            if (_state == ActivationState.Invalid) return;
            _state = ActivationState.Invalid;
            for (var turn = _running.First; turn is not null; turn = turn.Next) unanswered.Add(turn);
            unanswered.AddRange(_waiting.TakeAll());
        }

        StopTimers();
        unanswered.ForEach(turn => turn.Fail(error));
        _deactivated.TrySetResult();
    }

    internal IGrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        var timer = new GrainTimer(this, callback, options);
        lock (_timers) _timers.Add(timer);
        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    internal void Forget(GrainTimer timer)
    {
        lock (_timers) _timers.Remove(timer);
    }

    internal void Adopt(IActivationState state) => _states.Add(state);

    /// <summary>An activation without a lifecycle around an object that exists already: an observer.</summary>
    internal void Host(object instance)
    {
        GrainInstance = instance;
        _state = ActivationState.Valid;
    }

    private DeactivationReason? _stopAfterActivating;

    private void BeginActivating(Turn first)
    {
        _state = ActivationState.Activating;
        _lifecycle = new LifecycleTurn(this, first.Parent, ActivateAsync, "activation");
        _scheduler.Enqueue(_lifecycle);
    }

    private void BeginDeactivating()
    {
        if (_lifecycle is not null) return;
        _lifecycle = new LifecycleTurn(this, null, DeactivateAsync, "deactivation");
        _scheduler.Enqueue(_lifecycle);
    }

    private async Task ActivateAsync()
    {
        try
        {
            _scope = _runtime.Services.CreateAsyncScope();
            GrainInstance = Construct();
            foreach (var state in _states) await state.ReadAsync(_runtime.Stopped);
            if (GrainInstance is IGrainBase grain) await grain.OnActivateAsync(_runtime.Stopped);
        }
        catch (Exception error)
        {
            LogActivationFailed(_runtime.Log, error, GrainId);
            await GoneAsync(error);
            return;
        }

        lock (_gate)
        {
            _lifecycle = null;
            if (_state != ActivationState.Activating) return;
            _state = ActivationState.Valid;
            _lastUsed = _runtime.Time.GetTimestamp();
            // The calls that woke it are served before it goes again.
            StartWaiting();
        }

        if (_stopAfterActivating is { } reason) Deactivate(reason);
    }

    private object Construct()
    {
        t_underConstruction = this;
        try
        {
            return Class.Create(this);
        }
        finally
        {
            t_underConstruction = null;
        }
    }

    private async Task DeactivateAsync()
    {
        StopTimers();
        try
        {
            if (GrainInstance is IGrainBase grain) await grain.OnDeactivateAsync(_reason, _deactivationToken);
        }
        catch (Exception error)
        {
            LogDeactivationFailed(_runtime.Log, error, GrainId);
        }

        await GoneAsync(null);
    }

    /// <summary>Leaves the directory and the memory; what waited fails with the error, or goes to a new activation.</summary>
    private async Task GoneAsync(Exception? error)
    {
        StopTimers();
        await DisposeInstanceAsync();
        Turn[] waiting;
        lock (_gate)
        {
            _state = ActivationState.Invalid;
            _lifecycle = null;
            waiting = _waiting.TakeAll();
        }

        _runtime.Remove(this);
        foreach (var turn in waiting)
        {
            if (error is null) _runtime.Route(GrainReference, turn);
            else turn.Fail(error);
        }

        _deactivated.TrySetResult();
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            if (GrainInstance is IAsyncDisposable asyncDisposable) await asyncDisposable.DisposeAsync();
            else (GrainInstance as IDisposable)?.Dispose();
            if (_scope is { } scope) await scope.DisposeAsync();
        }
        catch (Exception error)
        {
            LogDeactivationFailed(_runtime.Log, error, GrainId);
        }
    }

    private void StopTimers()
    {
        GrainTimer[] timers;
        lock (_timers) timers = [.. _timers];
        foreach (var timer in timers) timer.Dispose();
    }

    /// <summary>A grain whose write found another writer has worthless memory: it stops, once per exception, as in Orleans.</summary>
    private void StopIfInconsistent(Exception error)
    {
        if (error is not InconsistentStateException { IsSourceActivation: true } inconsistent) return;
        inconsistent.IsSourceActivation = false;
        Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, "The stored state was changed by another writer."));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Activation of {GrainId} failed")]
    private static partial void LogActivationFailed(ILogger log, Exception error, GrainId grainId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Deactivation of {GrainId} failed")]
    private static partial void LogDeactivationFailed(ILogger log, Exception error, GrainId grainId);
}
