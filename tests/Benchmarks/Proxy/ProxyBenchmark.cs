namespace Praefect.Benchmarks.Proxy;

/// <summary>What the proxy adds to a call: the same load on a node directly and through the gateway, in turns, within one run.</summary>
internal static class ProxyBenchmark
{
    private const int RepositoryCount = 16;
    private static readonly (string Operation, int Callers, bool Direct)[] Cases =
    [
        (LoadOperation.RefExists, 1, true),
        (LoadOperation.RefExists, 32, true),
        (LoadOperation.RepositorySize, 1, true),
        (LoadOperation.WriteRef, 1, false),
        (LoadOperation.WriteRef, 32, false),
        (LoadOperation.Blob, 1, true),
        (LoadOperation.Blob, 8, true),
    ];

    public static async Task RunAsync(int repetitions, int seconds)
    {
        await using var cluster = await BenchCluster.StartAsync();
        var paths = await cluster.CreateRepositoriesAsync(RepositoryCount);
        Console.WriteLine("| load | to | calls/s | MB/s | mean µs | p50 µs | p99 µs | CPU µs a call of node or gateway | statements a call | errors |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (operation, callers, direct) in Cases)
        {
            var runs = new Dictionary<string, List<LoadMeasurement>>(StringComparer.Ordinal) { ["node"] = [], ["gateway"] = [] };
            for (var i = 0; i < repetitions; i++)
            {
                if (direct)
                    runs["node"].Add(await MeasureAsync(cluster, through: false, operation, callers, seconds, paths.Count));
                runs["gateway"].Add(await MeasureAsync(cluster, through: true, operation, callers, seconds, paths.Count));
            }

            foreach (var (to, measured) in runs.Where(r => r.Value.Count > 0))
                Print(operation, callers, to, measured.OrderBy(m => m.Load.PerSecond).ElementAt(measured.Count / 2));
        }
    }

    private static void Print(string operation, int callers, string to, LoadMeasurement m)
    {
        var l = m.Load;
        Console.WriteLine(FormattableString.Invariant(
            $"| {operation}, {callers} caller(s) | {to} | {l.PerSecond:F0} | {l.MegabytesPerSecond:F0} | {l.MeanMicroseconds:F0} | {l.P50Microseconds:F0} | {l.P99Microseconds:F0} | {m.Microseconds:F0} | {m.Statements:F3} | {l.Errors} {l.FirstError} |"));
    }

    private static Task<LoadMeasurement> MeasureAsync(BenchCluster cluster, bool through, string operation, int callers, int seconds, int paths) =>
        LoadMeasurement.RunAsync(
            cluster, through ? cluster.Gateway : cluster.Node, through ? cluster.GatewayProcess : cluster.NodeProcess, operation, callers, seconds, paths);
}
