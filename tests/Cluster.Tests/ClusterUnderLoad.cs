using Praefect.Cluster;
using Xunit.Abstractions;

namespace Praefect.Cluster.Tests;

/// <summary>The short form of the cluster suite: members, nodes and Postgres as processes, under load, killed.</summary>
[Collection(nameof(ClusterUnderLoad))]
public sealed class ClusterUnderLoad(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [ClusterFact]
    public Task Nothing_acknowledged_is_lost_and_reads_go_on_when_gateway_silos_restart_and_one_and_the_database_are_killed() =>
        CheckAsync(split: false, ["restart", "kill", "stop-postgres"]);

    [ClusterFact]
    public Task Nothing_acknowledged_is_lost_and_reads_go_on_when_a_silo_stops_and_one_and_the_database_are_killed() =>
        CheckAsync(split: true, ["restart-silos", "kill-silo", "stop-postgres"]);

    private async Task CheckAsync(bool split, IReadOnlyList<string> events)
    {
        var folder = Path.Combine(Path.GetTempPath(), "cluster-" + Guid.NewGuid().ToString("N")[..8]);
        Directory.CreateDirectory(folder);
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, split, TimeProvider.System);
            var result = await new SuiteRun(cluster, SuiteSize.Small, folder, TimeProvider.System, output.WriteLine)
                .RunAsync(events, limit.Token);

            Assert.Empty(result.Problems);
            Assert.True(result.Acknowledged > 0, "no write was acknowledged");
            Assert.All(result.Rows, row => Assert.True(row.WriteGap < row.Lasted && row.ReadGap < row.Lasted, $"nothing was served during {row.Name}"));
            Assert.Equal("0", result.Rows.Single(static row => row.Name == "stop-postgres").ReadErrors);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
