using Orleans;
using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <summary>Who takes calls.</summary>
internal interface IMessageTarget
{
    void Receive(Turn turn);

    void Cancel(GrainCall call);
}

/// <summary>An object that grains can call: one call after another, except those that always interleave.</summary>
internal sealed class Observer(GrainHost host, GrainId id, IGrainObserver observer) : IGrainContext, IMessageTarget
{
    // No grain's: what an observer does is done as if by any other code of its process.
    private readonly WorkQueue _queue = new(host.Scheduler, null);
    private readonly List<Turn> _running = [];
    private Task _last = Task.CompletedTask;

    public GrainReference GrainReference => host.References.Create(id);

    public GrainId GrainId => id;

    public object? GrainInstance => observer;

    public IWorkItemScheduler Scheduler => _queue;

    public IServiceProvider ActivationServices => host.Services;

    public ActivationId ActivationId => throw new NotSupportedException();

    public GrainAddress Address => throw new NotSupportedException();

    public IGrainLifecycle ObservableLifecycle => throw new NotSupportedException();

    public Task Deactivated => Task.CompletedTask;

    public object? GetTarget() => observer;

    public object? GetComponent(Type componentType) => componentType.IsInstanceOfType(observer) ? observer : null;

    public TComponent? GetComponent<TComponent>()
        where TComponent : class => (TComponent?)GetComponent(typeof(TComponent));

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class => throw new NotSupportedException();

    public void ReceiveMessage(object message) => Receive((Turn)message);

    public void Receive(Turn turn) => _queue.QueueAction(() =>
    {
        if (turn.AlwaysInterleave)
            _ = RunAsync(turn);
        else
            _last = RunAfterAsync(_last, turn);
    });

    public void Cancel(GrainCall call) => _queue.QueueAction(() =>
    {
        if (_running.Contains(call))
            call.CancelRunning();
    });

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
    {
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
    }

    public void Rehydrate(IRehydrationContext context)
    {
    }

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default)
    {
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => id.GetHashCode();

    private async Task RunAfterAsync(Task before, Turn turn)
    {
        await before;
        await RunAsync(turn);
    }

    private async Task RunAsync(Turn turn)
    {
        _running.Add(turn);
        await turn.RunAsync(this);
        _running.Remove(turn);
    }
}
