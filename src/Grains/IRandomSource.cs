namespace Praefect.Grains;

/// <summary>Randomness that is handed in, so that tests and simulation decide it.</summary>
public interface IRandomSource
{
    /// <summary>A number from 0 up to, but not including, <paramref name="count"/> (1 or more).</summary>
    int Next(int count);

    /// <summary>Puts the items into a random order.</summary>
    void Shuffle<T>(Span<T> items);
}
