namespace Praefect.Grains.Embedded.Activations;

/// <summary>
/// Runs what belongs to one activation, one thing at a time, in order of arrival: starts of turns, and the continuations of their
/// awaits, which come back here because this is their <see cref="TaskScheduler"/>.
/// </summary>
internal sealed class TurnScheduler(IGrainScheduler threads) : TaskScheduler, IThreadPoolWorkItem
{
    /// <summary>After this many items the thread goes back, so that one busy activation cannot keep it from the others.</summary>
    private const int ItemsPerVisit = 64;

    private static readonly Action<object?> RunStart = static start => ((IThreadPoolWorkItem)start!).Execute();

    // Bounded by the owner: starts by the activation's queue bound, continuations by the turns under way.
    private readonly Queue<object> _items = new();
    private bool _scheduled;
    private Task? _starting;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Runs this, in turn, with this scheduler as the current one.</summary>
    internal void Enqueue(IThreadPoolWorkItem start) => Add(start);

    /// <summary>Runs this, in turn; it observes its own failures.</summary>
    internal void Enqueue(Action action) => Add(new ActionStart(action));

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        if (!ReferenceEquals(task, _starting)) Add(task);
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(Current, this) && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_items) return _items.OfType<Task>().ToArray();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // A captured context would win over the task scheduler at the next await.
        var outer = SynchronizationContext.Current;
        if (outer is not null) SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            for (var i = 0; i < ItemsPerVisit; i++)
            {
                if (!TryTake(out var item)) return;
                Run(item);
            }
        }
        finally
        {
            if (outer is not null) SynchronizationContext.SetSynchronizationContext(outer);
        }

        threads.Post(this);
    }

    private void Add(object item)
    {
        lock (_items)
        {
            _items.Enqueue(item);
            if (_scheduled) return;
            _scheduled = true;
        }

        threads.Post(this);
    }

    private bool TryTake(out object item)
    {
        lock (_items)
        {
            if (_items.TryDequeue(out item!)) return true;
            _scheduled = false;
            return false;
        }
    }

    private void Run(object item)
    {
        if (item is not Task task)
        {
            // Only inside a task of this scheduler do awaits come back to it.
            _starting = task = new Task(RunStart, item, CancellationToken.None, TaskCreationOptions.DenyChildAttach);
            task.Start(this);
            _starting = null;
        }

        TryExecuteTask(task);
    }

    private sealed class ActionStart(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
