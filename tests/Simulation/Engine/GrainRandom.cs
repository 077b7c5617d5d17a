using Praefect.Grains;

namespace Praefect.Simulation.Engine;

/// <summary>The run's chance as grains ask for it.</summary>
internal sealed class GrainRandom(SimRandom random) : IRandomSource
{
    public int Next(int count) => random.Next(count);

    public void Shuffle<T>(Span<T> items) => random.Shuffle(items);
}
