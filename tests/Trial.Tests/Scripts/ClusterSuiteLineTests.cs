namespace Praefect.Trial.Tests.Scripts;

/// <summary>What CI says of the cluster suite: nobody has to guess whether it ran on the real runtime.</summary>
public sealed class ClusterSuiteLineTests : IDisposable
{
    private static readonly string[] Packages =
    [
        "server", "core", "runtime", "sdk", "serialization", "reminders", "persistence.adonet", "clustering.adonet", "reminders.adonet", "testinghost",
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("praefect-suite-").FullName;

    [Theory]
    [InlineData("12 passed, 0 failed, 0 skipped", "ran on Microsoft Orleans 10.9.9 and Postgres: 12 passed, 0 failed, 0 skipped")]
    [InlineData("10 passed, 2 failed, 0 skipped", "ran on Microsoft Orleans 10.9.9 and Postgres: 10 passed, 2 failed, 0 skipped")]
    [InlineData("9 passed, 0 failed, 3 skipped", "NOT RUN as a whole: Microsoft Orleans 10.9.9 is here, but Postgres is not installed: 9 passed, 0 failed, 3 skipped")]
    [InlineData(null, "NOT RUN: the tests did not get that far")]
    public async Task With_the_packages_it_says_how_the_suite_went(string? results, string expected)
    {
        foreach (var package in Packages)
            Directory.CreateDirectory(Path.Combine(_root, "packages", $"microsoft.orleans.{package}", "10.9.9"));

        Assert.Equal($"cluster suite: {expected}", await LineAsync(results));
    }

    [Fact]
    public async Task Without_them_it_says_that_there_was_no_cluster() => Assert.Equal(
        "cluster suite: NOT RUN: the Orleans packages do not restore here, so the tests above ran on the embedded runtime, which has no clusters",
        await LineAsync("12 passed, 0 failed, 0 skipped"));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task<string> LineAsync(string? results)
    {
        await File.WriteAllTextAsync(Path.Combine(_root, "Directory.Build.props"), "<OrleansVersion>10.9.9</OrleansVersion>\n");
        var folder = Directory.CreateDirectory(Path.Combine(_root, "artifacts", "Orleans")).FullName;
        if (results is not null)
            await File.WriteAllTextAsync(Path.Combine(folder, "test-results.txt"), $"Trial.Tests: 1 passed, 0 failed, 0 skipped\nCluster.Tests: {results}\nWire.Tests: 2 passed, 0 failed, 0 skipped\n");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["NUGET_PACKAGES"] = Path.Combine(_root, "packages") };
        var (code, output) = await Shell.RunAsync(environment, "-c", $"set -euo pipefail; root='{_root}'; . '{Shell.Root}/eng/environment.sh'; cluster_suite");
        Assert.Equal(0, code);
        return output;
    }
}
