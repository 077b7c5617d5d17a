using System.Globalization;

namespace Praefect.Silo.Metrics;

/// <summary>The labels of one series. Measurements are matched against it without allocating.</summary>
internal sealed class LabelSet
{
    private readonly KeyValuePair<string, object?>[] _labels;
    private readonly int _hash;

    public LabelSet(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        _labels = labels.ToArray();
        _hash = HashOf(labels);
        Text = string.Join(',', _labels.Select(label => $"{PrometheusNames.Sanitize(label.Key)}=\"{Escape(ValueOf(label.Value))}\""));
    }

    /// <summary>The labels as Prometheus writes them, without braces; empty when there are none.</summary>
    public string Text { get; }

    private static string ValueOf(object? value) => value switch
    {
        null => string.Empty,
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var hash = default(HashCode);
        foreach (ref readonly var label in labels)
        {
            hash.Add(label.Key, StringComparer.Ordinal);
            hash.Add(label.Value);
        }

        return hash.ToHashCode();
    }

    private bool Matches(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (labels.Length != _labels.Length)
            return false;
        for (var i = 0; i < labels.Length; i++)
        {
            if (!string.Equals(labels[i].Key, _labels[i].Key, StringComparison.Ordinal) || !Equals(labels[i].Value, _labels[i].Value))
                return false;
        }

        return true;
    }

    /// <summary>Finds a label set by the labels of a measurement as they lie on the caller's stack.</summary>
    public sealed class Comparer : IEqualityComparer<LabelSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, LabelSet>
    {
        public static readonly Comparer Instance = new();

        public LabelSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate);

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, LabelSet other) => other.Matches(alternate);

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => HashOf(alternate);

        public bool Equals(LabelSet? x, LabelSet? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.Matches(y._labels));

        public int GetHashCode(LabelSet obj) => obj._hash;
    }
}
