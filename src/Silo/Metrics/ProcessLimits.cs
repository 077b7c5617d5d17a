using System.Globalization;

namespace Praefect.Silo.Metrics;

/// <summary>What the operating system allows this process.</summary>
internal static class ProcessLimits
{
    private const string Source = "/proc/self/limits";
    private const string Unlimited = "unlimited";

    /// <summary>The limit in force of a line of <c>/proc/self/limits</c>, as a float since none at all is 2^64 - 1; null where nobody tells.</summary>
    public static double? Read(string name) => File.Exists(Source) ? Parse(File.ReadLines(Source), name) : null;

    /// <summary>The same for lines at hand.</summary>
    internal static double? Parse(IEnumerable<string> lines, string name)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var soft, ..] ? null
            : soft == Unlimited ? ulong.MaxValue
            : double.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }
}
