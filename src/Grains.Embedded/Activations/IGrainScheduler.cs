namespace Praefect.Grains.Embedded.Activations;

/// <summary>
/// Where ready turns go. The default is the thread pool; a simulation hands in its own and decides the order of everything.
/// </summary>
public interface IGrainScheduler
{
    /// <summary>Has <see cref="IThreadPoolWorkItem.Execute"/> called once, later, never inside this call (locks are held).</summary>
    /// <param name="turns">The ready turns of one activation; different ones may run at the same time.</param>
    void Post(IThreadPoolWorkItem turns);
}

/// <summary>Turns run on the thread pool.</summary>
public sealed class ThreadPoolGrainScheduler : IGrainScheduler
{
    /// <summary>The one instance.</summary>
    public static readonly ThreadPoolGrainScheduler Instance = new();

    private ThreadPoolGrainScheduler() { }

    /// <inheritdoc/>
    public void Post(IThreadPoolWorkItem turns) => ThreadPool.UnsafeQueueUserWorkItem(turns, preferLocal: true);
}
