using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Calls;
using Praefect.Grains.Embedded.Grains;
using Praefect.Grains.Embedded.Timers;

namespace Praefect.Grains.Embedded.Activations;

/// <summary>
/// One grain in memory: which turns may run, which wait, and its way from the first call to the last. <see cref="_gate"/> guards the
/// queue and the state and is never held while grain code runs.
/// </summary>
internal sealed partial class Activation : IGrainContext
{
    [ThreadStatic]
    private static Activation? t_underConstruction;

    private readonly Lock _gate = new();
    private readonly TurnList _waiting = new();
    private readonly TurnList _running = new();
    private readonly TurnScheduler _scheduler;
    private readonly GrainRuntime _runtime;
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ActivationState _state;
    private Turn? _blocking;
    private LifecycleTurn? _lifecycle;
    private long _lastUsed;
    private long _keepUntil;

    internal Activation(GrainRuntime runtime, GrainId id, GrainClass grainClass)
    {
        _runtime = runtime;
        Class = grainClass;
        GrainId = id;
        _scheduler = new TurnScheduler(runtime.Options.Scheduler);
        GrainReference = runtime.References.Create(typeof(IAddressable), id, grainClass);
        GrainReference.Activation = this;
        _lastUsed = runtime.Time.GetTimestamp();
    }

    /// <summary>The activation whose grain object is being constructed on this thread.</summary>
    internal static Activation? UnderConstruction => t_underConstruction;

    public GrainReference GrainReference { get; }

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? _runtime.Services;

    public Task Deactivated => _deactivated.Task;

    internal GrainClass Class { get; }

    internal GrainRuntime Runtime => _runtime;

    internal TurnScheduler Scheduler => _scheduler;

    internal bool IsInvalid => _state == ActivationState.Invalid;

    /// <summary>Takes the turn: to run, to wait, or to fail. False: this activation is gone, ask for a new one.</summary>
    internal bool TryAccept(Turn turn)
    {
        Exception refusal;
        lock (_gate)
        {
            if (_state == ActivationState.Invalid) return false;
            turn.Target = this;
            // Pairs with the barrier of a caller that cancels: one of the two sees the other.
            Interlocked.MemoryBarrier();
            if (turn.Abandoned) return true;
            if (_state == ActivationState.Valid && MayRun(turn))
            {
                Start(turn);
                return true;
            }

            if (Refuse(turn) is not { } reason)
            {
                _waiting.Append(turn);
                if (_state == ActivationState.Created) BeginActivating(turn);
                return true;
            }

            refusal = reason;
        }

        turn.Fail(refusal);
        return true;
    }

    /// <summary>The turn is over. Before this its result must not be visible to its caller, whose next call would queue behind it.</summary>
    internal void Complete(Turn turn, Exception? error)
    {
        if (error is not null) StopIfInconsistent(error);
        lock (_gate)
        {
            turn.End();
            _running.Remove(turn);
            if (turn.KeepsAlive) _lastUsed = _runtime.Time.GetTimestamp();
            if (_blocking is null || ReferenceEquals(_blocking, turn)) _blocking = null;
            if (_state == ActivationState.Valid) StartWaiting();
            else if (_state == ActivationState.Deactivating && _running.Count == 0) BeginDeactivating();
        }
    }

    /// <summary>The caller gave up: a turn that waits is dropped, one that runs gets the signal in turn.</summary>
    internal void Withdraw(Turn turn, CancellationTokenSource signal)
    {
        lock (_gate)
        {
            if (ReferenceEquals(turn.List, _waiting))
            {
                _waiting.Remove(turn);
                turn.End();
                return;
            }
        }

        _scheduler.Enqueue(signal.Cancel);
    }

    /// <summary>Answers the callers whose deadline has passed; what waits is dropped, what runs goes on.</summary>
    internal void Expire(long now)
    {
        if (_waiting.Count == 0 && _running.Count == 0) return;
        List<Turn>? late = null;
        lock (_gate)
        {
            for (var turn = _running.First; turn is not null; turn = turn.Next)
            {
                if (turn.Deadline <= now) (late ??= []).Add(turn);
            }

            for (Turn? turn = _waiting.First, next; turn is not null; turn = next)
            {
                next = turn.Next;
                if (turn.Deadline > now) continue;
                _waiting.Remove(turn);
                (late ??= []).Add(turn);
            }
        }

        late?.ForEach(static turn => turn.Expire());
    }

    /// <summary>A section in which calls of one chain may come back in: waiting ones may have become runnable.</summary>
    internal void EnterReentrantSection(Guid id)
    {
        lock (_gate)
        {
            _reentrant ??= [];
            _reentrant[id] = _reentrant.GetValueOrDefault(id) + 1;
            if (_state == ActivationState.Valid) StartWaiting();
        }
    }

    internal void LeaveReentrantSection(Guid id)
    {
        lock (_gate)
        {
            if (_reentrant is null || !_reentrant.TryGetValue(id, out var count)) return;
            if (count > 1) _reentrant[id] = count - 1;
            else _reentrant.Remove(id);
        }
    }

    public override string ToString() => GrainId.ToString();

    private Dictionary<Guid, int>? _reentrant;

    /// <summary>The rule of interleaving. Like Orleans: what blocks is the first of the turns that may not be interleaved with.</summary>
    private bool MayRun(Turn turn) =>
        _blocking is null || _running.Count == 0 || turn.AlwaysInterleave || Class.Reentrant || (_blocking.ReadOnly && turn.ReadOnly)
        || (_reentrant is { Count: > 0 } && turn.ReentrancyId != Guid.Empty && _reentrant.ContainsKey(turn.ReentrancyId));

    private void Start(Turn turn)
    {
        _running.Append(turn);
        if (_blocking is null && !turn.AlwaysInterleave) _blocking = turn;
        _scheduler.Enqueue(turn);
    }

    private void StartWaiting()
    {
        for (Turn? turn = _waiting.First, next; turn is not null; turn = next)
        {
            next = turn.Next;
            if (MayRun(turn))
            {
                _waiting.Remove(turn);
                Start(turn);
            }
            else if (_blocking is { ReadOnly: false } && _reentrant is not { Count: > 0 })
            {
                return;
            }
        }
    }

    private Exception? Refuse(Turn turn)
    {
        if (_blocking is not null && turn.Descends(_blocking)) return Deadlock(turn, _blocking);
        if (_lifecycle is not null && turn.Descends(_lifecycle)) return Deadlock(turn, _lifecycle);
        var bound = _runtime.Options.MaxWaitingCalls;
        return turn.Bounded && _waiting.Count >= bound
            ? new LimitExceededException($"{GrainId} has {_waiting.Count} calls waiting, the bound is {bound} ({nameof(EmbeddedOptions.MaxWaitingCalls)}): call again later")
            : null;
    }

    private static GrainDeadlockException Deadlock(Turn turn, Turn blocking) => new(
        $"Deadlock: {turn} cannot start before {blocking} ends, and that waits for it: {turn.Chain()}. "
        + "Make the call [AlwaysInterleave], [ReadOnly] on both, or [OneWay], or do not await it inside the chain.");
}
