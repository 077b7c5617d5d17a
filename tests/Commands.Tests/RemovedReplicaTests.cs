namespace Praefect.Commands.Tests;

/// <summary>Commands on repositories of which replicas are not where the record says, or cannot be reached.</summary>
public sealed class RemovedReplicaTests : IAsyncLifetime
{
    private const string Path = "@hashed/ee/gone.git";
    private const string OfRepository = "-virtual-storage default -relative-path " + Path;
    private const string Removed =
        "Repository found in the database.\nAttempting to remove " + Path + " from the database, and delete it from all gitaly nodes...\nRepository removal completed.\n";

    private readonly LiveCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task What_lies_on_no_disk_any_more_can_be_removed()
    {
        var replica = await CreateAsync();
        foreach (var storage in LiveCluster.Storages)
            Directory.Delete(System.IO.Path.Combine(_cluster.DiskOf(storage), replica), recursive: true);

        Assert.Equal(new CommandResult(0, Removed, ""), await _cluster.RunAsync($"remove-repository {OfRepository} -apply"));

        Assert.Equal(new CommandResult(1, "", "repository is not being tracked in Praefect\n"), await _cluster.RunAsync($"remove-repository {OfRepository}"));
    }

    [Fact]
    public async Task What_a_node_that_is_down_has_of_a_removed_repository_is_listed_as_untracked_when_it_is_back()
    {
        var replica = await CreateAsync();
        await _cluster.StopNodeAsync("gitaly-2");

        Assert.Equal(new CommandResult(0, Removed, ""), await _cluster.RunAsync($"remove-repository {OfRepository} -apply"));

        Assert.Equal(
            [false, true, false], LiveCluster.Storages.Select(storage => Directory.Exists(System.IO.Path.Combine(_cluster.DiskOf(storage), replica))));
        await _cluster.StartNodeAsync("gitaly-2");
        await _cluster.EventuallyAsync(
            "list-untracked-repositories -older-than 0s",
            result => result.Output.Contains($"{{\"relative_path\":\"{replica}\",\"storage\":\"gitaly-2\",\"virtual_storage\":\"default\"}}\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_repository_without_a_replica_is_a_warning_and_no_failure_of_the_checks()
    {
        var replica = await CreateAsync();
        var kept = (await _cluster.RunAsync($"set-replication-factor {OfRepository} -replication-factor 1")).Output["current assignments: ".Length..].TrimEnd('\n');
        await _cluster.EventuallyAsync(
            $"metadata {OfRepository}", static result => result.Output.Split("- Storage: ").Length == 2);
        Directory.Delete(System.IO.Path.Combine(_cluster.DiskOf(kept), replica), recursive: true);
        Assert.Equal(0, (await _cluster.RunAsync($"verify -virtual-storage default -storage {kept}")).Code);

        var check = await _cluster.EventuallyAsync("check -q", static result => result.Output.Contains("Failed", StringComparison.Ordinal));

        Assert.Equal(
            new CommandResult(
                0,
                "Checking praefect migrations...Passed\nChecking gitaly node connectivity & disk access...Passed\nChecking database read/write...Passed\n"
                + "Checking unavailable repositories...Failed (warning) error: repositories unavailable\n\n1 check(s) failed, but none are fatal.\n",
                ""),
            check);
    }

    /// <summary>A repository with a replica on every disk; returns where they lie.</summary>
    private async Task<string> CreateAsync()
    {
        await _cluster.CreateAsync(Path);
        var metadata = await _cluster.EventuallyAsync($"metadata {OfRepository}", static result => result.Output.Split("fully up to date").Length == 4);
        var line = metadata.Output.Split('\n').Single(static line => line.StartsWith("Replica Path: ", StringComparison.Ordinal));
        return line["Replica Path: ".Length..].Trim('"');
    }
}
