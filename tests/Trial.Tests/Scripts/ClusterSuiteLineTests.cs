namespace Praefect.Trial.Tests.Scripts;

/// <summary>What CI says of the cluster suite: nobody has to guess whether it ran.</summary>
public sealed class ClusterSuiteLineTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("praefect-suite-").FullName;

    [Theory]
    [InlineData("12 passed, 0 failed, 0 skipped", "ran on Microsoft Orleans 10.9.9 and Postgres: 12 passed, 0 failed, 0 skipped")]
    [InlineData("10 passed, 2 failed, 0 skipped", "ran on Microsoft Orleans 10.9.9 and Postgres: 10 passed, 2 failed, 0 skipped")]
    [InlineData("9 passed, 0 failed, 3 skipped", "NOT RUN as a whole: Postgres is not installed: 9 passed, 0 failed, 3 skipped")]
    [InlineData(null, "NOT RUN: the tests did not get that far")]
    public async Task It_says_how_the_suite_went(string? results, string expected) => Assert.Equal($"cluster suite: {expected}", await LineAsync(results));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private async Task<string> LineAsync(string? results)
    {
        await File.WriteAllTextAsync(Path.Combine(_root, "Directory.Packages.props"), "<OrleansVersion>10.9.9</OrleansVersion>\n");
        var folder = Directory.CreateDirectory(Path.Combine(_root, "artifacts")).FullName;
        if (results is not null)
            await File.WriteAllTextAsync(Path.Combine(folder, "test-results.txt"), $"Trial.Tests: 1 passed, 0 failed, 0 skipped\nCluster.Tests: {results}\nWire.Tests: 2 passed, 0 failed, 0 skipped\n");
        var (code, output) = await Shell.RunAsync(new Dictionary<string, string?>(StringComparer.Ordinal), "-c", $"set -euo pipefail; root='{_root}'; . '{Shell.Root}/eng/environment.sh'; cluster_suite");
        Assert.Equal(0, code);
        return output;
    }
}
