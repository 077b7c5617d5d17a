namespace Praefect.Grains.Tests;

/// <summary>A random source that gives a chosen index and records what it was asked. A shuffle reverses, and records the length.</summary>
internal sealed class FixedRandom(int index = 0) : IRandomSource
{
    public List<int> Asked { get; } = [];

    public List<int> Shuffled { get; } = [];

    public int Next(int count)
    {
        Asked.Add(count);
        return index;
    }

    public void Shuffle<T>(Span<T> items)
    {
        Shuffled.Add(items.Length);
        items.Reverse();
    }
}
