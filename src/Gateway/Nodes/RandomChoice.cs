namespace Praefect.Gateway.Nodes;

/// <summary>Random numbers for choosing nodes: lock-free, and reproducible for a given seed.</summary>
/// <param name="seed">Where the sequence starts.</param>
public sealed class RandomChoice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to <paramref name="exclusive"/> - 1.</summary>
    /// <param name="exclusive">1 or more.</param>
    public int Below(int exclusive)
    {
        var z = Interlocked.Add(ref _state, 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((ulong)(uint)(z >> 32) * (ulong)exclusive >> 32);
    }
}
