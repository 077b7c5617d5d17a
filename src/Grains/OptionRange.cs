using System.Globalization;

namespace Praefect.Grains;

/// <summary>What an option may be, both ends included.</summary>
/// <param name="Least">The least.</param>
/// <param name="Most">The most.</param>
public readonly record struct OptionRange<T>(T Least, T Most)
    where T : IComparable<T>
{
    /// <summary>Whether a value may be used.</summary>
    public bool Contains(T value) => value.CompareTo(Least) >= 0 && value.CompareTo(Most) <= 0;

    /// <summary>The value that may be used and is nearest to this one.</summary>
    public T Nearest(T value) => value.CompareTo(Least) < 0 ? Least : value.CompareTo(Most) > 0 ? Most : value;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"between {Least} and {Most}");
}

/// <summary>Ranges of counts.</summary>
public static class OptionRange
{
    /// <summary>The count that may be used and is nearest to a number of any size.</summary>
    public static int Nearest(this OptionRange<int> range, long value) => (int)Math.Clamp(value, range.Least, range.Most);
}
