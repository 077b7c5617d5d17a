namespace Praefect.Simulation.Hosting;

/// <summary>Where ready turns go. Whoever implements it decides the order of everything.</summary>
public interface ITurnScheduler
{
    /// <summary>Has <see cref="IThreadPoolWorkItem.Execute"/> called once, later, never inside this call (locks are held).</summary>
    /// <param name="turns">The ready turns of one activation; those of different ones may run at the same time.</param>
    void Post(IThreadPoolWorkItem turns);
}
