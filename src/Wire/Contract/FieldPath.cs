using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Wire.Contract;

/// <summary>The way from a request to one of its fields, as field numbers; every step but the last is a message field.</summary>
public sealed class FieldPath
{
    /// <summary>The longest path; the protocol's own have one or two steps.</summary>
    public const int MaxSteps = 4;

    private FieldPath(ImmutableArray<FieldStep> steps)
    {
        Steps = steps;
        Numbers = [.. steps.Select(s => s.Number)];
    }

    /// <summary>The field numbers, outermost first; at least one.</summary>
    public ImmutableArray<int> Numbers { get; }

    /// <summary>The same with what else must be known of each field.</summary>
    internal ImmutableArray<FieldStep> Steps { get; }

    /// <summary>Reads the notation of the registry's data: numbers joined by <c>/</c>, each optionally followed by <c>!n</c> or <c>!nv</c>,
    /// a length-delimited or varint field of the same oneof.</summary>
    /// <exception cref="FormatException">The text is not a path.</exception>
    public static FieldPath Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var steps = text.Split('/');
        return steps.Length <= MaxSteps
            ? new FieldPath([.. steps.Select(step => ParseStep(step, text))])
            : throw new FormatException($"field path \"{text}\" has more than {MaxSteps} steps");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join('/', Numbers);

    private static FieldStep ParseStep(string step, string path)
    {
        var bang = step.IndexOf('!', StringComparison.Ordinal);
        if (bang < 0)
        {
            return new FieldStep(ParseNumber(step, path), 0);
        }

        var sibling = step[(bang + 1)..];
        var varint = sibling.EndsWith('v');
        var number = ParseNumber(varint ? sibling[..^1] : sibling, path);
        return new FieldStep(ParseNumber(step[..bang], path), ((uint)number << 3) | (varint ? 0u : 2u));
    }

    private static int ParseNumber(string text, string path) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 1 << 29
            ? number
            : throw new FormatException($"field path \"{path}\": \"{text}\" is not a field number");
}

internal readonly record struct FieldStep(int Number, uint OneofSiblingTag)
{
    /// <summary>The wire tag with which the field is encoded: always length-delimited.</summary>
    public uint Tag => ((uint)Number << 3) | 2;
}
