using Praefect.Cluster.Networks;
using Praefect.Cluster.Registers;
using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>The command line of the suite.</summary>
internal static class SuiteCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task<int> RunAsync(string[] arguments, TimeProvider time)
    {
        if (SuiteArguments.Read(arguments, out var problem) is not { } wanted)
            return await UsageAsync(problem);
        if (!wanted.Single && PostgresProcess.FindBinaries() is null)
            return await UsageAsync("Postgres is not installed (Debian and Ubuntu: sudo apt-get install postgresql)");

        var folder = wanted.Data ?? Path.Combine(Path.GetTempPath(), "cluster-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(folder);
        using var limit = new CancellationTokenSource(Limit + wanted.Length + (wanted.Outage * 2), time);
        try
        {
            return await RunAsync(wanted, folder, time, limit.Token);
        }
        catch (ProcessFailedException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            if (wanted.Data is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(SuiteArguments wanted, string folder, TimeProvider time, CancellationToken cancellationToken)
    {
        if (wanted.Linearizability)
        {
            var report = await (wanted switch
            {
                { Single: true } => RegisterScenes.SingleAsync(folder, wanted.Length, wanted.Seed, time, Console.WriteLine, cancellationToken),
                { Twins: true } => RegisterScenes.TwinsAsync(folder, wanted.Split, wanted.Length, wanted.Seed, time, Console.WriteLine, cancellationToken),
                _ => RegisterScenes.PartedClusterAsync(folder, wanted.Split, SuiteSize.Full, wanted.Length, wanted.Seed, time, Console.WriteLine, cancellationToken),
            });
            return report.Problems.IsEmpty ? 0 : 1;
        }

        var parted = wanted.Events.Intersect(NetworkEvents.Split, StringComparer.Ordinal).Any();
        await using var network = parted && FaultyNetwork.Possible ? new FaultyNetwork(time) : null;
        await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, wanted.Split, time, network) { Clocks = parted ? SkewedClocks.Find(folder) : null };
        var size = SuiteSize.Full with { Outage = wanted.Outage };
        var result = await new SuiteRun(cluster, size, folder, time, Console.WriteLine).RunAsync(wanted.Events, cancellationToken);
        return result.Problems.Count == 0 ? 0 : 1;
    }

    private static async Task<int> UsageAsync(string problem)
    {
        await Console.Error.WriteLineAsync($"{problem}\n{SuiteArguments.Usage}");
        return 2;
    }
}
