namespace Praefect.Grains;

/// <summary>A random source that gives the same picks for the same seed. Safe for use by many grains at once.</summary>
public sealed class SeededRandomSource(int seed) : IRandomSource
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);

    /// <inheritdoc/>
    public int Next(int count)
    {
        lock (_gate)
            return _random.Next(count);
    }

    /// <inheritdoc/>
    public void Shuffle<T>(Span<T> items)
    {
        lock (_gate)
            _random.Shuffle(items);
    }
}
