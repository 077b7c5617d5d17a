using System.Globalization;

namespace Praefect.Benchmarks.Scale;

/// <summary>Prints what docs/benchmarks.md shows, row by row as it is measured.</summary>
internal sealed class Report(TextWriter output)
{
    public void Heading(string text) => Say($"\n### {text}\n");

    public void Columns(params string[] names)
    {
        Row(names);
        Say("|" + string.Concat(names.Select(static _ => "---|")));
    }

    public void Row(params string[] cells) => Say($"| {string.Join(" | ", cells)} |");

    public void Say(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    public static string Number(double value, int decimals = 0) => value.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public static string Megabytes(double bytes) => $"{Number(bytes / (1024 * 1024))} MB";

    /// <summary>Milliseconds below ten seconds, seconds above.</summary>
    public static string Time(TimeSpan time) => time < TimeSpan.FromSeconds(10) ? $"{Number(time.TotalMilliseconds)} ms" : $"{Number(time.TotalSeconds, 1)} s";

    /// <summary>A share of one core.</summary>
    public static string OfACore(double share, int decimals = 1) => $"{Number(share * 100, decimals)} %";

    public static string Microseconds(double value) => $"{Number(value)} µs";

    /// <summary>A figure with errors behind it is to be seen as one.</summary>
    public static string Errors(long count, string first) => count == 0 ? "0" : $"{Number(count)} ({first})";

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
