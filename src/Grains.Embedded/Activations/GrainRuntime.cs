using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Calls;
using Praefect.Grains.Embedded.Grains;
using Praefect.Grains.Embedded.Reminders;
using Praefect.Store;

namespace Praefect.Grains.Embedded.Activations;

/// <summary>
/// The runtime of one process: which grains are active, where calls go, when they are too late, when grains were idle too long. One
/// start, one stop (or one kill, which plays the death of the process).
/// </summary>
internal sealed partial class GrainRuntime : IAsyncDisposable
{
    // Deadlines are looked at this often, so an answer that never comes is reported at most this much late.
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<GrainId, Activation> _active = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly TurnScheduler _turns;
    private readonly long _defaultTimeout;
    private ITimer? _sweep;
    private long _nextCollection;
    private volatile RuntimePhase _phase = RuntimePhase.Created;
    private long _lastObserver;

    internal GrainRuntime(EmbeddedOptions options, IEnumerable<Type> grainTypes, IGrainStore store, IServiceProvider services, ILoggerFactory logs)
    {
        options.Validate();
        Options = options;
        Time = options.Time;
        Store = store;
        Services = services;
        Log = logs.CreateLogger("Praefect.Grains.Embedded");
        Classes = new GrainClasses(grainTypes);
        References = new GrainReferences(this);
        Factory = new GrainFactory(this);
        Reminders = new ReminderService(this);
        Stopped = _stopped.Token;
        _turns = new TurnScheduler(options.Scheduler);
        _defaultTimeout = ToTimestamp(options.ResponseTimeout);
    }

    internal EmbeddedOptions Options { get; }

    internal TimeProvider Time { get; }

    internal IGrainStore Store { get; }

    internal IServiceProvider Services { get; }

    internal ILogger Log { get; }

    internal GrainClasses Classes { get; }

    internal GrainReferences References { get; }

    internal GrainFactory Factory { get; }

    internal ReminderService Reminders { get; }

    /// <summary>Cancelled when the runtime has stopped.</summary>
    internal CancellationToken Stopped { get; }

    internal int ActivationCount => _active.Count;

    public async ValueTask DisposeAsync()
    {
        if (_phase == RuntimePhase.Running) Kill();
        await Store.DisposeAsync();
        _stopped.Dispose();
    }

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        await Store.OpenAsync(cancellationToken);
        _phase = RuntimePhase.Running;
        _nextCollection = Time.GetTimestamp() + ToTimestamp(Options.CollectionPeriod);
        _sweep = Time.CreateTimer(_ => _turns.Enqueue(Sweep), null, SweepPeriod, SweepPeriod);
        await Reminders.StartAsync(cancellationToken);
    }

    /// <summary>No new activations; those that exist finish what they do and run their hooks, until the token says that it is enough.</summary>
    internal async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_phase != RuntimePhase.Running) return;
        _phase = RuntimePhase.Stopping;
        Reminders.Stop();
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "The process is stopping.");
        var active = _active.Values.ToArray();
        foreach (var activation in active) activation.Deactivate(reason, cancellationToken);
        try
        {
            await Task.WhenAll(active.Where(static a => a.Class != GrainClass.Observer).Select(static a => a.Deactivated)).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            LogStoppedEarly(Log, _active.Count);
        }

        Kill();
    }

    /// <summary>What the death of the process would do: no hooks, and no call gets an answer.</summary>
    internal void Kill()
    {
        _phase = RuntimePhase.Stopped;
        _sweep?.Dispose();
        Reminders.Stop();
        _stopped.Cancel();
        foreach (var activation in _active.Values) activation.Kill(new SiloUnavailableException($"{activation.GrainId}: the grain runtime has stopped."));
        _active.Clear();
    }

    /// <summary>Brings a turn to the activation of its grain, to a new one if need be.</summary>
    internal void Route(GrainReference reference, Turn turn)
    {
        var activation = reference.Activation;
        while (true)
        {
            if (activation is null || activation.IsInvalid)
            {
                if (Find(reference, out activation) is { } error)
                {
                    turn.Fail(error);
                    return;
                }

                reference.Activation = activation;
            }

            if (activation!.TryAccept(turn)) return;
            Remove(activation);
            activation = null;
        }
    }

    internal void Remove(Activation activation) => _active.TryRemove(KeyValuePair.Create(activation.GrainId, activation));

    internal GrainReference AddObserver(object observer, Type interfaceType)
    {
        var id = GrainId.Create(GrainClass.Observer.GrainType, Interlocked.Increment(ref _lastObserver).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        var activation = new Activation(this, id, GrainClass.Observer);
        activation.Host(observer);
        _active[id] = activation;
        return References.Create(interfaceType, id, GrainClass.Observer, activation);
    }

    internal void RemoveObserver(object observer)
    {
        var activation = observer is GrainReference reference
            ? _active.GetValueOrDefault(reference.GrainId)
            : _active.Values.FirstOrDefault(a => a.Class == GrainClass.Observer && ReferenceEquals(a.GrainInstance, observer));
        if (activation?.Class != GrainClass.Observer) throw new ArgumentException("Reference is not associated with a local object.", nameof(observer));
        Remove(activation);
        activation.Kill(new ClientNotAvailableException(activation.GrainId));
    }

    internal long ToTimestamp(TimeSpan time) => (long)(time.TotalSeconds * Time.TimestampFrequency);

    internal long DeadlineAfter(TimeSpan timeout)
    {
        var wait = timeout == Options.ResponseTimeout ? _defaultTimeout : ToTimestamp(timeout);
        return timeout == Timeout.InfiniteTimeSpan ? long.MaxValue : Time.GetTimestamp() + wait;
    }

    private Exception? Find(GrainReference reference, out Activation? activation)
    {
        if (_active.TryGetValue(reference.GrainId, out activation)) return null;
        if (_phase != RuntimePhase.Running) return new SiloUnavailableException($"{reference.GrainId} cannot be called: the grain runtime {PhaseText()}.");
        if (reference.Class is not { } grainClass || grainClass == GrainClass.Observer) return new ClientNotAvailableException(reference.GrainId);
        activation = _active.GetOrAdd(reference.GrainId, static (id, made) => new Activation(made.Runtime, id, made.Class), (Runtime: this, Class: grainClass));
        return null;
    }

    private string PhaseText() => _phase switch
    {
        RuntimePhase.Created => "has not started yet",
        RuntimePhase.Stopping => "is stopping",
        _ => "has stopped",
    };

    private void Sweep()
    {
        var now = Time.GetTimestamp();
        var collect = now >= _nextCollection;
        if (collect) _nextCollection = now + ToTimestamp(Options.CollectionPeriod);
        foreach (var (_, activation) in _active)
        {
            activation.Expire(now);
            if (collect) activation.CollectIfIdle(now);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stopped with {Count} grains still busy")]
    private static partial void LogStoppedEarly(ILogger log, int count);

    private enum RuntimePhase
    {
        Created,
        Running,
        Stopping,
        Stopped,
    }
}
