using System.Globalization;

namespace Praefect.Benchmarks.Scale;

/// <summary>One answer of <c>/metrics</c>.</summary>
internal sealed class Scrape(string text)
{
    private readonly string[] _lines = text.Split('\n');

    /// <summary>What the managed heap held after the last collection.</summary>
    public double HeapBytes => Sum("dotnet_gc_last_collection_heap_size_bytes");

    /// <summary>What the process has allocated since its start.</summary>
    public double AllocatedBytes => Sum("dotnet_gc_heap_total_allocated_bytes_total");

    /// <summary>Statements that the process has sent to Postgres.</summary>
    public double Statements => Sum("db_client_operation_duration_seconds_count");

    /// <summary>Repositories' grains that are active in this process.</summary>
    public double Repositories => Sum("orleans_grains", "repository");

    /// <summary>The sum of all series of a name, of those that contain <paramref name="part"/> when it is given.</summary>
    public double Sum(string name, string part = "") => _lines
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' ' && line.Contains(part, StringComparison.OrdinalIgnoreCase))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
