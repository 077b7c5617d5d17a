using System.Text.RegularExpressions;

namespace Praefect.Commands.Tests;

/// <summary>A cluster that loses nodes: what is said to be lost, and how an operator accepts it.</summary>
public sealed partial class DatalossTests : IAsyncLifetime
{
    private const string OfRepository = "-virtual-storage default -relative-path @hashed/dd/lost.git";

    private readonly LiveCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_write_that_only_a_lost_node_has_is_listed_until_the_loss_is_accepted()
    {
        await _cluster.CreateAsync("@hashed/dd/lost.git");
        var metadata = (await _cluster.RunAsync($"metadata {OfRepository}")).Output;
        var primary = PrimaryOf().Match(metadata).Groups["primary"].Value;
        var others = LiveCluster.Storages.Where(storage => storage != primary).ToArray();
        foreach (var storage in others)
            await _cluster.StopNodeAsync(storage);
        await _cluster.EventuallyAsync($"metadata {OfRepository}", static result => result.Output.Split("Healthy: false").Length == 3);
        await _cluster.WriteHeadAsync("@hashed/dd/lost.git", "other");

        Assert.Equal(new CommandResult(0, "Virtual storage: default\n  All repositories are available!\n", ""), await _cluster.RunAsync("dataloss"));
        Assert.Equal(
            new CommandResult(0, $"""
                Virtual storage: default
                  Repositories:
                    @hashed/dd/lost.git:
                      Primary: {primary}
                      In-Sync Storages:
                        {primary}, assigned host
                      Outdated Storages:
                        {others[0]} is behind by 1 change or less, assigned host, unhealthy
                        {others[1]} is behind by 1 change or less, assigned host, unhealthy

                """, ""),
            await _cluster.RunAsync("dataloss -partially-unavailable"));

        await _cluster.StopNodeAsync(primary);
        foreach (var storage in others)
            await _cluster.StartNodeAsync(storage);
        var lost = $"""
            Virtual storage: default
              Repositories:
                @hashed/dd/lost.git (unavailable):
                  Primary: {primary}
                  In-Sync Storages:
                    {primary}, assigned host, unhealthy
                  Outdated Storages:
                    {others[0]} is behind by 1 change or less, assigned host
                    {others[1]} is behind by 1 change or less, assigned host

            """;
        await _cluster.EventuallyAsync("dataloss -virtual-storage default", result => result == new CommandResult(0, lost, ""));

        var check = await _cluster.RunAsync("check");
        Assert.Equal((1, "checks failed\n"), (check.Code, check.Errors));
        Assert.Contains($"Failed (fatal) error: the following nodes are not healthy: unix:{_cluster.SocketOf(primary)}\n", check.Output, StringComparison.Ordinal);
        Assert.Contains("virtual-storage \"default\" has 1 repository that is unavailable.\nRun \"praefect dataloss\" for the list.\nFailed (warning) error: repositories unavailable\n", check.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n2 check(s) failed, at least one was fatal.\n", check.Output, StringComparison.Ordinal);

        Assert.Equal(new CommandResult(0, "", ""), await _cluster.RunAsync($"accept-dataloss {OfRepository} -authoritative-storage {others[0]}"));
        Assert.Equal("Virtual storage: default\n  All repositories are available!\n", (await _cluster.RunAsync("dataloss")).Output);
        await _cluster.WriteHeadAsync("@hashed/dd/lost.git", "third");
    }

    [Fact]
    public async Task Replicas_that_are_marked_are_counted()
    {
        await _cluster.CreateAsync("@hashed/dd/lost.git");
        var verified = await _cluster.EventuallyAsync(
            $"metadata {OfRepository}",
            static result => result.Output.Split("Verified At: ").Length == 4 && !result.Output.Contains("Verified At: unverified", StringComparison.Ordinal));
        var id = verified.Output.Split('\n')[0]["Repository ID: ".Length..];

        Assert.Equal(new CommandResult(0, "3 replicas marked unverified\n", ""), await _cluster.RunAsync($"verify -repository-id {id}"));

        // What is marked is verified again within seconds, and can be marked again.
        await _cluster.EventuallyAsync("verify -virtual-storage default -storage gitaly-2", static result => result == new CommandResult(0, "1 replicas marked unverified\n", ""));
    }

    [Fact]
    public async Task Untracked_repositories_are_not_listed_as_if_a_node_that_is_down_had_none()
    {
        await _cluster.InitAsync("gitaly-1", "found/one.git");
        await _cluster.StopNodeAsync("gitaly-2");

        var result = await _cluster.RunAsync("list-untracked-repositories -older-than 0s");

        Assert.Equal(1, result.Code);
        Assert.Contains("{\"relative_path\":\"found/one.git\",\"storage\":\"gitaly-1\",\"virtual_storage\":\"default\"}\n", result.Output, StringComparison.Ordinal);
        Assert.StartsWith("walking storage \"gitaly-2\" of virtual storage \"default\": rpc error: code = Unavailable desc = ", result.Errors, StringComparison.Ordinal);
    }

    [GeneratedRegex("^Primary: \"(?<primary>.*)\"$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PrimaryOf();
}
