using Praefect.Benchmarks.Proxy;

namespace Praefect.Benchmarks.Gate;

/// <summary>
/// Fails when the gateway has become twice as expensive. Compares processor time of the gateway with that of the node that it stands in front of, which
/// runs the same HTTP/2 server, within one run: what slows the machine down slows both.
/// </summary>
internal static class BenchmarkGate
{
    private const int Repositories = 16;

    private static readonly GateRule[] Rules =
    [
        new("gateway's CPU for a read ÷ a node's for answering it", 20, run => run.Read.Microseconds / run.ReadDirect.Microseconds),
        new("gateway's CPU for a megabyte ÷ a node's for sending it", 6, run => run.Stream.Microseconds / run.StreamDirect.Microseconds),
        new("gateway's CPU for a write on three replicas ÷ a node's for answering a read", 250, run => run.Write.Microseconds / run.ReadDirect.Microseconds),
        new("statements of the store a read", 0.01, run => run.Read.Statements),
        // Two for each, and what is written meanwhile by itself; a third would show.
        new("statements of the store a write", 2.5, run => run.Write.Statements),
        new("calls that failed", 0, run => run.ReadDirect.Errors + run.Read.Errors + run.StreamDirect.Errors + run.Stream.Errors + run.Write.Errors),
    ];

    /// <returns>0 when no figure is above its bound, else 1.</returns>
    public static async Task<int> RunAsync(int repetitions, int seconds)
    {
        await using var cluster = await BenchCluster.StartAsync();
        await cluster.CreateRepositoriesAsync(Repositories);
        await RunOnceAsync(cluster, seconds); // compiles what the others measure
        List<GateRun> runs = [];
        for (var i = 0; i < repetitions; i++)
            runs.Add(await RunOnceAsync(cluster, seconds));
        Console.WriteLine("| figure | measured | bound | |");
        Console.WriteLine("|---|--:|--:|---|");
        List<GateRule> failed = [.. Rules.Where(rule => !Passes(rule, runs))];
        return failed.Count == 0 ? 0 : 1;
    }

    private static bool Passes(GateRule rule, List<GateRun> runs)
    {
        var median = runs.Select(rule.Measure).Order().ElementAt(runs.Count / 2);
        var passes = median <= rule.Bound;
        Console.WriteLine(FormattableString.Invariant($"| {rule.What} | {median:F2} | {rule.Bound} | {(passes ? "passed" : "FAILED")} |"));
        return passes;
    }

    private static async Task<GateRun> RunOnceAsync(BenchCluster cluster, int seconds)
    {
        async Task<GateLoad> LoadAsync(bool direct, string operation, int callers)
        {
            var process = direct ? cluster.NodeProcess : cluster.GatewayProcess;
            var measured = await LoadMeasurement.RunAsync(cluster, direct ? cluster.Node : cluster.Gateway, process, operation, callers, seconds, Repositories);
            var megabytes = LoadOperation.BlobBytes / (1024.0 * 1024.0);
            return new GateLoad(
                operation == LoadOperation.Blob ? measured.Microseconds / megabytes : measured.Microseconds, measured.Statements, measured.Load.Errors);
        }

        return new GateRun(
            await LoadAsync(direct: true, LoadOperation.RefExists, 32),
            await LoadAsync(direct: false, LoadOperation.RefExists, 32),
            await LoadAsync(direct: true, LoadOperation.Blob, 8),
            await LoadAsync(direct: false, LoadOperation.Blob, 8),
            await LoadAsync(direct: false, LoadOperation.WriteRef, 32));
    }
}
