using System.Diagnostics;
using System.Text.Json;

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
        Console.WriteLine("| load | to | calls/s | MB/s | mean µs | p50 µs | p99 µs | gateway CPU µs a call | statements a call | errors |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        foreach (var (operation, callers, direct) in Cases)
        {
            var runs = new Dictionary<string, List<Measured>>(StringComparer.Ordinal) { ["node"] = [], ["gateway"] = [] };
            for (var i = 0; i < repetitions; i++)
            {
                if (direct)
                    runs["node"].Add(await MeasureAsync(cluster, cluster.Node, operation, callers, seconds, paths.Count, through: false));
                runs["gateway"].Add(await MeasureAsync(cluster, cluster.Gateway, operation, callers, seconds, paths.Count, through: true));
            }

            foreach (var (to, measured) in runs.Where(r => r.Value.Count > 0))
                Print(operation, callers, to, measured.OrderBy(m => m.Load.PerSecond).ElementAt(measured.Count / 2));
        }
    }

    private static void Print(string operation, int callers, string to, Measured m)
    {
        var l = m.Load;
        Console.WriteLine(FormattableString.Invariant(
            $"| {operation}, {callers} caller(s) | {to} | {l.PerSecond:F0} | {l.MegabytesPerSecond:F0} | {l.MeanMicroseconds:F0} | {l.P50Microseconds:F0} | {l.P99Microseconds:F0} | {m.GatewayMicroseconds:F0} | {m.Statements:F3} | {l.Errors} {l.FirstError} |"));
    }

    private static async Task<Measured> MeasureAsync(BenchCluster cluster, Uri address, string operation, int callers, int seconds, int paths, bool through)
    {
        var cpu = ProcessorTime.Seconds(cluster.GatewayProcess);
        var statements = await cluster.StoreStatementsAsync();
        var load = await LoadProcessAsync(address, operation, callers, seconds, paths);
        // The warm-up second counts in both figures, so they are scaled to what was made in all.
        var all = load.Calls * (load.Seconds + 1) / load.Seconds;
        return new Measured(
            load,
            through ? (ProcessorTime.Seconds(cluster.GatewayProcess) - cpu) * 1_000_000 / all : 0,
            through ? (await cluster.StoreStatementsAsync() - statements) / all : 0);
    }

    // A process of its own, so that the load's garbage and threads are not the driver's.
    private static async Task<LoadResult> LoadProcessAsync(Uri address, string operation, int callers, int seconds, int paths)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "bench.dll"), "load", "--address", address.ToString(), "--operation", operation,
            "--callers", $"{callers}", "--seconds", $"{seconds}", "--repositories", $"{paths}"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonSerializer.Deserialize<LoadResult>(output) ?? throw new InvalidOperationException("the load process printed nothing");
    }

    private sealed record Measured(LoadResult Load, double GatewayMicroseconds, double Statements);
}
