using Praefect.Simulation.Hosting;

namespace Praefect.Simulation.Engine;

/// <summary>
/// A process: runs turns, tasks and timers for as long as it lives; nothing while it hangs, and what came meanwhile afterwards. What it has not done when it dies
/// never happens.
/// </summary>
internal sealed class Host : TaskScheduler, ITurnScheduler
{
    private readonly List<Action> _deaths = [];
    private int? _stepsLeft;

    public Host(World world, string name)
    {
        World = world;
        Name = name;
        Time = new HostTime(this);
    }

    public World World { get; }

    public string Name { get; }

    public TimeProvider Time { get; }

    public bool Alive { get; private set; } = true;

    public bool Hung { get; private set; }

    /// <summary>What waits for the end of a hang.</summary>
    public List<Action> Backlog { get; } = [];

    public void Post(IThreadPoolWorkItem turns) => World.MakeReady(this, turns.Execute);

    public void Post(Action work) => World.MakeReady(this, work);

    /// <summary>Starts something whose awaits all come back to this host.</summary>
    public Task<T> Run<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <inheritdoc cref="Run{T}"/>
    public Task Run(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    public void OnDeath(Action action) => _deaths.Add(action);

    public void Forget(Action death) => _deaths.Remove(death);

    public void Kill()
    {
        if (!Alive)
            return;
        Alive = false;
        Backlog.Clear();
        World.Trace.Add(Name, "dies");
        foreach (var death in _deaths.ToArray())
            death();
        _deaths.Clear();
    }

    /// <summary>Dies in the middle of its work, so many steps from now; null: after all not.</summary>
    public void DieAfter(int? steps) => _stepsLeft = steps;

    /// <summary>It is about to do something.</summary>
    /// <returns>False when it died first.</returns>
    public bool TryStep()
    {
        if (_stepsLeft is { } left && (_stepsLeft = left - 1) < 0)
            Kill();
        return Alive;
    }

    public void Hang()
    {
        if (!Alive || Hung)
            return;
        Hung = true;
        World.Trace.Add(Name, "hangs");
    }

    public void Resume()
    {
        if (!Alive || !Hung)
            return;
        Hung = false;
        World.Trace.Add(Name, $"goes on, {Backlog.Count} things waited");
        foreach (var work in Backlog)
            World.MakeReady(this, work);
        Backlog.Clear();
    }

    protected override void QueueTask(Task task) => World.MakeReady(this, () => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
