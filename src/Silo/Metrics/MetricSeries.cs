using System.Globalization;
using System.Text;

namespace Praefect.Silo.Metrics;

/// <summary>One series of an instrument: a number that is added to or replaced, or a histogram.</summary>
/// <param name="labels">Its labels as Prometheus writes them.</param>
/// <param name="bounds">Upper bounds of a histogram's buckets, ascending; null: a plain number.</param>
internal sealed class MetricSeries(string labels, double[]? bounds)
{
    private readonly long[]? _counts = bounds is null ? null : new long[bounds.Length + 1];
    private double _value;

    public void Add(double amount)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + amount, seen);
            if (before.Equals(seen))
                return;
            seen = before;
        }
    }

    public void Set(double value) => Volatile.Write(ref _value, value);

    /// <summary>Counts a value into its bucket; the number itself is the sum.</summary>
    public void Observe(double value)
    {
        var index = Array.BinarySearch(bounds!, value);
        Interlocked.Increment(ref _counts![index < 0 ? ~index : index]);
        Add(value);
    }

    public void Write(StringBuilder output, string name)
    {
        if (bounds is null)
        {
            Line(output, name, labels, Volatile.Read(ref _value));
            return;
        }

        var separator = labels.Length == 0 ? string.Empty : ",";
        var count = 0L;
        for (var i = 0; i <= bounds.Length; i++)
        {
            count += Interlocked.Read(ref _counts![i]);
            var bound = i < bounds.Length ? Format(bounds[i]) : "+Inf";
            Line(output, name + "_bucket", $"{labels}{separator}le=\"{bound}\"", count);
        }

        Line(output, name + "_sum", labels, Volatile.Read(ref _value));
        Line(output, name + "_count", labels, count);
    }

    private static void Line(StringBuilder output, string name, string labels, double value)
    {
        output.Append(name);
        if (labels.Length > 0)
            output.Append('{').Append(labels).Append('}');
        output.Append(' ').Append(Format(value)).Append('\n');
    }

    private static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
