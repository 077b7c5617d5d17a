using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.CodeGeneration;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// A silo of one process, with clock and threads from outside: which grains are active, where calls go, when they are too late, when grains were idle too long. Grain
/// classes, their proxies and copiers and the way to their storage are Orleans'; the rules of turns and lives are a copy of its.
/// </summary>
public sealed class GrainHost
{
    // As often as Orleans looks, so an answer that never comes is reported at most this much late.
    private static readonly TimeSpan s_sweepPeriod = TimeSpan.FromSeconds(1);
    private static readonly GrainType s_observers = GrainType.Create("sys.client.observer");

    private readonly Lock _gate = new();
    private readonly Dictionary<GrainId, Activation> _activations = [];
    private readonly Dictionary<GrainId, Observer> _observers = [];
    private readonly LinkedList<GrainCall> _unanswered = [];
    private readonly SiloMessagingOptions _messaging;
    private readonly List<ITimer> _timers = [];
    private readonly CancellationTokenSource _stop = new();
    private long _lastNumber;
    private bool _stopped;

    /// <summary>Created by <see cref="GrainHostServices.AddGrainHost"/>.</summary>
    public GrainHost(
        ITurnScheduler scheduler,
        TimeProvider time,
        IServiceProvider services,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<GrainCollectionOptions> collection,
        ILogger<GrainHost> logger)
    {
        ArgumentNullException.ThrowIfNull(messaging);
        ArgumentNullException.ThrowIfNull(collection);
        (Scheduler, Time, Services, Log) = (scheduler, time, services, logger);
        (_messaging, Collection) = (messaging.Value, collection.Value);
        References = new References(this);
        Grains = new GrainFactory(this);
    }

    /// <summary>References to the grains of this host.</summary>
    public IGrainFactory Grains { get; }

    internal ITurnScheduler Scheduler { get; }

    internal TimeProvider Time { get; }

    internal IServiceProvider Services { get; }

    internal ILogger Log { get; }

    internal References References { get; }

    internal GrainCollectionOptions Collection { get; }

    internal TimeSpan ResponseTimeout => _messaging.ResponseTimeout;

    internal long Now => Time.GetTimestamp();

    /// <summary>Begins to take calls, to fire reminders, and to look for what is late or idle.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _timers.Add(Time.CreateTimer(static host => ((GrainHost)host!).Sweep(), this, s_sweepPeriod, s_sweepPeriod));
        _timers.Add(Time.CreateTimer(static host => ((GrainHost)host!).Collect(), this, Collection.CollectionQuantum, Collection.CollectionQuantum));
        await Services.GetRequiredService<Reminders>().StartAsync(_stop.Token, cancellationToken);
    }

    /// <summary>No call gets an answer any more. Activations run their hooks.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        GrainCall[] unanswered;
        Activation[] activations;
        lock (_gate)
        {
            _stopped = true;
            unanswered = [.. _unanswered];
            activations = [.. _activations.Values];
        }

        await _stop.CancelAsync();
        foreach (var timer in _timers)
            await timer.DisposeAsync();
        foreach (var call in unanswered)
            call.Fail(new SiloUnavailableException($"The host is shutting down: {call}"));
        foreach (var activation in activations)
            activation.Deactivate(new DeactivationReason(DeactivationReasonCode.ShuttingDown, "This host is shutting down."), cancellationToken);
        await Task.WhenAll(activations.Select(static a => a.Deactivated)).WaitAsync(cancellationToken);
        _stop.Dispose();
    }

    internal void Send(GrainId target, IInvokable request, InvokeMethodOptions options, IResponseCompletionSource? answer)
    {
        var call = new GrainCall(this, target, request, options, answer);
        if (call.OneWay)
            answer?.Complete();
        else
            Await(call, request.GetCancellationToken());
        Route(call);
    }

    /// <summary>Takes a call to where its grain is, after where it was is gone.</summary>
    internal void Forward(GrainCall call, Activation gone)
    {
        if (call.Forwards++ < _messaging.MaxForwardCount)
            Route(call);
        else
            call.Fail(new SiloUnavailableException($"{call} was forwarded {_messaging.MaxForwardCount} times, and {gone} is gone, too"));
    }

    /// <summary>Its caller has an answer.</summary>
    internal void Forget(GrainCall call)
    {
        lock (_gate)
        {
            if (call.Waiting is { } place)
                _unanswered.Remove(place);
            call.Waiting = null;
        }
    }

    internal void Cancel(GrainCall call)
    {
        IMessageTarget? target;
        lock (_gate)
            target = FindTarget(call.Target);
        target?.Cancel(call);
    }

    internal void Remove(Activation activation)
    {
        lock (_gate)
        {
            if (_activations.TryGetValue(activation.GrainId, out var current) && ReferenceEquals(current, activation))
                _activations.Remove(activation.GrainId);
        }
    }

    internal GrainId AddObserver(IGrainObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (observer is GrainReference or IGrainBase)
            throw new ArgumentException("Neither a grain nor a reference can be an observer.", nameof(observer));
        lock (_gate)
        {
            var id = GrainId.Create(s_observers, IdSpan.Create((++_lastNumber).ToString(System.Globalization.CultureInfo.InvariantCulture)));
            _observers.Add(id, new Observer(this, id, observer));
            return id;
        }
    }

    internal void RemoveObserver(GrainId id)
    {
        lock (_gate)
        {
            if (!_observers.Remove(id))
                throw new ArgumentException("Reference is not associated with a local object.");
        }
    }

    internal long DeadlineAfter(TimeSpan timeout) =>
        timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Now + (long)(timeout.TotalSeconds * Time.TimestampFrequency);

    internal bool IsPast(long deadline) => Now > deadline;

    internal TimeSpan CollectionAge(GrainClass grainClass) => grainClass.CollectionAge
        ?? (Collection.ClassSpecificCollectionAge.TryGetValue(grainClass.Type.FullName!, out var age) ? age : Collection.CollectionAge);

    private void Await(GrainCall call, CancellationToken cancellationToken)
    {
        lock (_gate)
            call.Waiting = _unanswered.AddLast(call);
        call.Subscribe(cancellationToken);
    }

    private void Route(GrainCall call)
    {
        if (FindOrCreate(call, out var error) is { } target)
            target.Receive(call);
        else if (error is not null)
            call.Fail(error);
    }

    private IMessageTarget? FindOrCreate(GrainCall call, out Exception? error)
    {
        error = null;
        lock (_gate)
        {
            if (_stopped)
                error = new SiloUnavailableException($"The host is shutting down: {call}");
            else if (FindTarget(call.Target) is { } target)
                return target;
            // Who calls an observer that is gone hears nothing.
            else if (call.Target.Type == s_observers)
                return null;
            else if (OrleansParts.Instance.Types.Find(call.Target.Type) is { } grainClass)
                return _activations[call.Target] = new Activation(this, grainClass, call.Target, ++_lastNumber);
            else
                error = new ArgumentException($"No class of this host is the grain type of {call.Target}");
            return null;
        }
    }

    private IMessageTarget? FindTarget(GrainId id) =>
        _activations.TryGetValue(id, out var activation) ? activation : _observers.TryGetValue(id, out var observer) ? observer : null;

    private void Sweep()
    {
        List<GrainCall> late = [];
        lock (_gate)
        {
            foreach (var call in _unanswered)
            {
                if (IsPast(call.Deadline))
                    late.Add(call);
            }
        }

        foreach (var call in late)
            call.Expire();
    }

    private void Collect()
    {
        Activation[] all;
        lock (_gate)
            all = [.. _activations.Values];
        foreach (var activation in all)
            activation.CollectIfIdle();
    }
}
