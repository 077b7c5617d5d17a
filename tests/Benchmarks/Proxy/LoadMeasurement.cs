using System.Diagnostics;
using System.Text.Json;

namespace Praefect.Benchmarks.Proxy;

/// <summary>A load and what it cost.</summary>
/// <param name="Load">What the callers saw.</param>
/// <param name="Microseconds">Processor time a call of the process that was watched.</param>
/// <param name="Statements">Statements of the gateway's store a call.</param>
internal sealed record LoadMeasurement(LoadResult Load, double Microseconds, double Statements)
{
    /// <summary>Puts a load on an address for some seconds and watches one process meanwhile.</summary>
    public static async Task<LoadMeasurement> RunAsync(BenchCluster cluster, Uri address, int process, string operation, int callers, int seconds, int repositories)
    {
        var cpu = ProcessorTime.Seconds(process);
        var statements = await cluster.StoreStatementsAsync();
        var load = await LoadProcessAsync(address, operation, callers, seconds, repositories);
        // The warm-up second counts in both figures, so they are scaled to what was made in all.
        var all = load.Calls * (load.Seconds + 1) / load.Seconds;
        return new LoadMeasurement(load, (ProcessorTime.Seconds(process) - cpu) * 1_000_000 / all, (await cluster.StoreStatementsAsync() - statements) / all);
    }

    // A process of its own, so that the load's garbage and threads are not the driver's.
    private static async Task<LoadResult> LoadProcessAsync(Uri address, string operation, int callers, int seconds, int repositories)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "bench.dll"), "load", "--address", address.ToString(), "--operation", operation,
            "--callers", $"{callers}", "--seconds", $"{seconds}", "--repositories", $"{repositories}"])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return JsonSerializer.Deserialize<LoadResult>(output) ?? throw new InvalidOperationException("the load process printed nothing");
    }
}
