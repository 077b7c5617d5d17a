using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Benchmarks.Scale;

/// <summary>What the command <c>scale</c> is to measure, and how long.</summary>
internal sealed record ScaleOptions
{
    public static readonly ImmutableSortedSet<int> AllParts = [1, 2, 3, 4, 5];
    private static readonly ImmutableArray<int> s_activeGrains = [1_000, 10_000, 50_000];

    /// <summary>Repositories on record.</summary>
    public int Repositories { get; init; } = 1_000_000;

    public ImmutableSortedSet<int> Parts { get; init; } = AllParts;

    /// <summary>Length of one load.</summary>
    public TimeSpan Load { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Loads of each case; the median is printed.</summary>
    public int Repetitions { get; init; } = 3;

    /// <summary>Idle calls that stay open.</summary>
    public int Streams { get; init; } = 10_000;

    /// <summary>Folder for everything, kept afterwards and used again: a million rows take minutes. Null: a temporary one.</summary>
    public string? Data { get; init; }

    /// <summary>Grains that are made active, one after the other, as far as there are as many repositories.</summary>
    public ImmutableArray<int> ActiveGrains => [.. s_activeGrains.Where(count => count <= Repositories)];

    /// <summary>Reads "1,3".</summary>
    public static ImmutableSortedSet<int> ReadParts(string text)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToImmutableSortedSet();
        return parts.Count > 0 && parts.IsSubsetOf(AllParts) ? parts : throw new ArgumentException($"--parts takes some of {string.Join(",", AllParts)}", nameof(text));
    }
}
