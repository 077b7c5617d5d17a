using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Core.Internal;
using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// One grain in memory, as Orleans keeps it: which turns may run, which wait, and its way from the first call to the last. <see cref="_gate"/> guards the queue and the
/// state and is never held while grain code runs.
/// </summary>
internal sealed partial class Activation : IGrainContext, ICallChainReentrantGrainContext, IMessageTarget
{
    private readonly Lock _gate = new();
    private readonly GrainHost _host;
    private readonly GrainClass _class;
    private readonly AsyncServiceScope _scope;
    private readonly WorkQueue _queue;
    private readonly Lifecycle _lifecycle;
    private readonly Dictionary<Type, object> _components = [];
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrainReference? _reference;

    public Activation(GrainHost host, GrainClass grainClass, GrainId id, long number)
    {
        (_host, _class, GrainId) = (host, grainClass, id);
        // Not by chance, as Orleans' are: nothing of a run may differ from the next.
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        ActivationId = new ActivationId(new Guid(key));
        _scope = host.Services.CreateAsyncScope();
        _queue = new WorkQueue(host.Scheduler, this);
        _lifecycle = new Lifecycle(host.Log);
        _lastUsed = host.Now;
        _operations.Enqueue(new Activating(host));
        _queue.QueueAction(static self => ((Activation)self).Start(), this);
    }

    public GrainReference GrainReference => _reference ??= _host.References.Create(GrainId);

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public ActivationId ActivationId { get; }

    public GrainAddress Address => new() { GrainId = GrainId, ActivationId = ActivationId, SiloAddress = GrainTypes.Address };

    public IServiceProvider ActivationServices => _scope.ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => _lifecycle;

    public IWorkItemScheduler Scheduler => _queue;

    public Task Deactivated => _deactivated.Task;

    public object? GetTarget() => GrainInstance;

    public object? GetComponent(Type componentType) =>
        componentType.IsInstanceOfType(GrainInstance) ? GrainInstance
        : componentType.IsInstanceOfType(this) ? this
        : _components.GetValueOrDefault(componentType) ?? ActivationServices.GetService(componentType);

    public TComponent? GetComponent<TComponent>()
        where TComponent : class => (TComponent?)GetComponent(typeof(TComponent));

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
    {
        if (value is null)
            _components.Remove(typeof(TComponent));
        else
            _components[typeof(TComponent)] = value;
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => GrainId.GetHashCode();

    public override string ToString() => $"{GrainId} ({_state})";

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("an activation starts by itself");

    public void Rehydrate(IRehydrationContext context) => throw new NotSupportedException("nothing moves to another host");

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("nothing moves to another host");

    private sealed class Lifecycle(ILogger logger) : LifecycleSubject(logger), IGrainLifecycle
    {
        public void AddMigrationParticipant(IGrainMigrationParticipant participant)
        {
        }

        public void RemoveMigrationParticipant(IGrainMigrationParticipant participant)
        {
        }
    }
}
