using Orleans.Runtime;

namespace Praefect.Simulation.Hosting;

/// <summary>
/// Runs what belongs to one grain, one thing at a time, in order of arrival: starts of turns and the continuations of their awaits, which come back here because this is
/// their <see cref="TaskScheduler"/>.
/// </summary>
internal sealed class WorkQueue(ITurnScheduler threads, IGrainContext? context) : TaskScheduler, IWorkItemScheduler, IThreadPoolWorkItem
{
    /// <summary>Orleans gives the thread back after 100 ms. Here a number decides, since time must not.</summary>
    private const int ItemsPerVisit = 64;

    // Bounded by the owner: starts by the calls that wait, continuations by the turns under way.
    private readonly Queue<Task> _items = new();
    private bool _scheduled;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <inheritdoc/>
    public void QueueAction(Action action) => QueueAction(static action => ((Action)action)(), action);

    /// <inheritdoc/>
    public void QueueAction(Action<object> action, object state) => Create(action, state).Start(this);

    void IWorkItemScheduler.QueueTask(Task task) => task.Start(this);

    void IThreadPoolWorkItem.Execute()
    {
        // A captured context would win over the task scheduler at the next await.
        var outer = SynchronizationContext.Current;
        if (outer is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        Internals.SetContext(context);
        try
        {
            for (var i = 0; i < ItemsPerVisit; i++)
            {
                if (!TryTake(out var task))
                    return;
                TryExecuteTask(task);
            }
        }
        finally
        {
            Internals.SetContext(null);
            if (outer is not null)
                SynchronizationContext.SetSynchronizationContext(outer);
        }

        threads.Post(this);
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (_items)
        {
            _items.Enqueue(task);
            if (_scheduled)
                return;
            _scheduled = true;
        }

        threads.Post(this);
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(Current, this) && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_items)
            return [.. _items];
    }

    // The ambient values of whoever sends something are not those of what it starts.
    private static Task Create(Action<object> action, object state)
    {
        if (ExecutionContext.IsFlowSuppressed())
            return new Task(action!, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
        using (ExecutionContext.SuppressFlow())
            return new Task(action!, state, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
    }

    private bool TryTake(out Task task)
    {
        lock (_items)
        {
            if (_items.TryDequeue(out task!))
                return true;
            _scheduled = false;
            return false;
        }
    }
}
