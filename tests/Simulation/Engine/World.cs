namespace Praefect.Simulation.Engine;

/// <summary>
/// All that happens in a run, on one thread of a pool of one: what is ready runs in an order that the seed picks; when nothing is, time jumps to the next event.
/// Whatever enters from another thread would come at a moment that no seed decides, so it ends the run.
/// </summary>
internal sealed class World
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private const long MostSteps = 1_000_000;
    private readonly List<(Host Host, Action Work)> _ready = [];
    private readonly PriorityQueue<SimEvent, (long At, long Order)> _events = new();
    private readonly SimRandom _order;
    private long _scheduled;

    public World(ulong seed, Trace trace)
    {
        Seed = seed;
        Random = new SimRandom(seed);
        _order = Random.Fork();
        Trace = trace;
        trace.Clock = () => Elapsed;
    }

    public ulong Seed { get; }

    public SimRandom Random { get; }

    public Trace Trace { get; }

    /// <summary>Ticks since the start of the run.</summary>
    public long Now { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    public DateTimeOffset UtcNow => Start.AddTicks(Now);

    public long Steps { get; private set; }

    /// <summary>What was found wrong; the run ends with it.</summary>
    public string? Violation { get; private set; }

    public void Fail(string violation)
    {
        if (Violation is not null)
            return;
        Violation = violation;
        Trace.Add("checks", $"VIOLATION: {violation}");
    }

    public void MakeReady(Host host, Action work)
    {
        ThrowIfElsewhere();
        _ready.Add((host, work));
    }

    /// <summary>Has something happen later, whatever host it concerns.</summary>
    public SimEvent After(TimeSpan wait, Action action)
    {
        ThrowIfElsewhere();
        var happening = new SimEvent(action);
        _events.Enqueue(happening, (Now + Math.Max(0, wait.Ticks), _scheduled++));
        return happening;
    }

    /// <summary>Runs until the time has come, nothing happens any more, or something was found wrong.</summary>
    public Task RunUntilAsync(TimeSpan end, Func<bool>? done = null) => OnPoolAsync(() => Step(end, done));

    /// <summary>Does something on the one thread that everything happens on, unless something was found wrong before.</summary>
    public Task DoAsync(Action action) => OnPoolAsync(() =>
    {
        if (Violation is null)
            action();
        return false;
    });

    // Whoever awaits goes on on the same thread: a run never leaves it, so that nothing depends on how soon another one wakes up.
    private Task OnPoolAsync(Func<bool> step)
    {
        ThrowIfElsewhere();
        var stepping = new Stepping(step);
        ThreadPool.UnsafeQueueUserWorkItem(stepping, preferLocal: true);
        return stepping.Finished;
    }

    private bool Step(TimeSpan end, Func<bool>? done)
    {
        Watchdog.Step(++Steps);
        if (Steps > MostSteps)
            Fail($"{MostSteps} steps and no end: something spins");
        if (Violation is not null)
            return false;
        if (_ready.Count > 0)
        {
            RunOne();
            return true;
        }

        if (done?.Invoke() == true)
            return false;
        if (!_events.TryPeek(out var next, out var when) || when.At > end.Ticks)
        {
            Now = Math.Max(Now, end.Ticks);
            return false;
        }

        _events.Dequeue();
        if (next.Canceled)
            return true;
        Now = when.At;
        next.Action();
        return true;
    }

    private void RunOne()
    {
        var index = _order.Next(_ready.Count);
        var (host, work) = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (!host.Alive)
            return;
        if (host.Hung)
        {
            host.Backlog.Add(work);
            return;
        }

        if (host.TryStep())
            work();
    }

    private void ThrowIfElsewhere()
    {
        if (Thread.CurrentThread.IsThreadPoolThread)
            return;
        Violation ??= "not deterministic: work came from another thread";
        throw new InvalidOperationException(Violation);
    }

    /// <summary>
    /// Completed tasks hand their awaiters to the thread pool, which in this program has one thread. So the steps run there, too: the next one is queued before this
    /// one begins, and since a thread takes what it queued last first, everything that this one hands to the pool runs before the next.
    /// </summary>
    private sealed class Stepping(Func<bool> step) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _over;

        public Task Finished => _finished.Task;

        public void Execute()
        {
            if (_over)
            {
                _finished.TrySetResult();
                return;
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
            try
            {
                _over = !step();
            }
            catch (Exception e)
            {
                _over = true;
                _finished.TrySetException(e);
            }
        }
    }
}

/// <summary>Something that is to happen.</summary>
internal sealed class SimEvent(Action action)
{
    public Action Action { get; } = action;

    public bool Canceled { get; set; }
}
