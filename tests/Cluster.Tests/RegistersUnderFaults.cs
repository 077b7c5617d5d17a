using Praefect.Cluster.Registers;
using Xunit.Abstractions;

namespace Praefect.Cluster.Tests;

/// <summary>The short form of the check of histories: clients on a few references while processes are killed, frozen and restarted.</summary>
[Collection(nameof(ClusterUnderLoad))]
public sealed class RegistersUnderFaults(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan InCluster = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan InSplitCluster = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan InOneProcess = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan OfTwins = TimeSpan.FromSeconds(10);

    [ClusterFact]
    public async Task Every_read_and_write_on_a_cluster_under_faults_can_be_explained()
    {
        var report = await CheckAsync((folder, token) =>
            RegisterScenes.ClusterAsync(folder, split: false, SuiteSize.Small, InCluster, seed: 1, TimeProvider.System, output.WriteLine, token));
        Assert.NotEmpty(report.Faults);
    }

    [ClusterFact]
    public async Task Every_read_and_write_on_a_cluster_with_silos_and_gateways_apart_can_be_explained()
    {
        var report = await CheckAsync((folder, token) =>
            RegisterScenes.ClusterAsync(folder, split: true, SuiteSize.Small, InSplitCluster, seed: 1, TimeProvider.System, output.WriteLine, token));
        Assert.NotEmpty(report.Faults);
    }

    [ClusterFact]
    public async Task Of_two_activations_of_every_repository_the_one_that_writes_second_loses_and_no_acknowledged_write_is_lost()
    {
        var report = await CheckAsync((folder, token) => RegisterScenes.TwinsAsync(folder, split: false, OfTwins, seed: 1, TimeProvider.System, output.WriteLine, token));
        Assert.Contains("Unavailable", report.Calls.WriteErrors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_read_and_write_on_one_process_under_faults_can_be_explained() =>
        Assert.NotEmpty((await CheckAsync((folder, token) => RegisterScenes.SingleAsync(folder, InOneProcess, seed: 1, TimeProvider.System, output.WriteLine, token))).Faults);

    private static async Task<RegisterReport> CheckAsync(Func<string, CancellationToken, Task<RegisterReport>> run)
    {
        // Not a private folder: Postgres runs as another user where the tests run as root.
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "registers-" + Guid.NewGuid().ToString("N")[..8])).FullName;
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            var report = await run(folder, limit.Token);
            Assert.Empty(report.Problems);
            Assert.True(report.Acknowledged > 0 && report.Reads > 0, "nothing was served");
            return report;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
