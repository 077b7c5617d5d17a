namespace Praefect.Commands.Tests;

/// <summary>Commands against a praefect that runs: what they print and how they end.</summary>
public sealed class LiveCommandTests(LiveCluster cluster) : IClassFixture<LiveCluster>
{
    [Fact]
    public async Task Metadata_shows_a_repository_by_path_and_by_id()
    {
        await cluster.CreateAsync("@hashed/aa/one.git");

        // A node that missed the creation gets its copy a moment later, and new replicas are verified soon: after that nothing changes by itself.
        var byPath = await cluster.EventuallyAsync(
            "metadata -virtual-storage default -relative-path @hashed/aa/one.git", static result => result.Output.Split("Generation: 0, fully up to date").Length == 4
                && !result.Output.Contains("unverified", StringComparison.Ordinal));
        var id = byPath.Output.Split('\n')[0]["Repository ID: ".Length..];

        Assert.Equal(0, byPath.Code);
        Assert.Contains("Virtual Storage: \"default\"\nRelative Path: \"@hashed/aa/one.git\"\nReplica Path: \"@cluster/repositories/", byPath.Output, StringComparison.Ordinal);
        Assert.Contains("Generation: 0\nReplicas:\n- Storage: \"gitaly-1\"\n  Assigned: true\n  Generation: 0, fully up to date\n  Healthy: true\n  Valid Primary: true\n", byPath.Output, StringComparison.Ordinal);
        Assert.Equal(byPath, await cluster.RunAsync($"metadata -repository-id {id}"));
    }

    [Fact]
    public async Task A_repository_is_explained_to_people_and_to_scripts()
    {
        await cluster.CreateAsync("@hashed/ex/plain.git");
        const string Line = "explain -virtual-storage default -relative-path @hashed/ex/plain.git";

        var text = await cluster.EventuallyAsync(Line, static result => result.Output.Split("Serves Reads: yes").Length == 4);
        var json = await cluster.RunAsync(Line + " -json");

        Assert.Equal((0, ""), (text.Code, text.Errors));
        Assert.StartsWith("Repository: \"default\"/\"@hashed/ex/plain.git\"\nState: serves reads and writes\nRepository ID: ", text.Output, StringComparison.Ordinal);
        Assert.Matches("- Storage: \"gitaly-1\"\n  Generation: 0, up to date\n  Health: healthy \\(since 20[0-9: .-]+ UTC\\)\n  Assigned: yes\n  Serves Reads: yes\n  Primary: ", text.Output);
        Assert.Contains("  Primary: yes: up to date and healthy\n", text.Output, StringComparison.Ordinal);
        Assert.Contains("\nWhat new writes wait for: none\nLast routes, the newest first:\n- ", text.Output, StringComparison.Ordinal);
        Assert.Matches(" UTC /gitaly.RepositoryService/CreateRepository: creates on gitaly-[123]", text.Output);
        using var told = System.Text.Json.JsonDocument.Parse(json.Output);
        Assert.Equal("serves reads and writes", told.RootElement.GetProperty("state").GetString());
        Assert.All(told.RootElement.GetProperty("replicas").EnumerateArray(), replica => Assert.Equal(("yes", 0), (replica.GetProperty("reads").GetString(), replica.GetProperty("generation").GetInt32())));
        Assert.StartsWith("creates on ", told.RootElement.GetProperty("decisions").EnumerateArray().Last().GetProperty("outcome").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_has_no_record_is_explained_and_ends_with_an_error() => Assert.Equal(
        new CommandResult(
            1, "Repository: \"default\"/\"gone.git\"\nState: there is no record of it\nWrites: none\nWhat new writes wait for: none\nLast routes, the newest first: none\n",
            "explain: repository \"default\"/\"gone.git\" not found\n"),
        await cluster.RunAsync("explain -virtual-storage default -relative-path gone.git"));

    [Theory]
    [InlineData("explain -virtual-storage nope -relative-path nope", "explain: rpc error: code = InvalidArgument desc = virtual storage does not exist")]
    [InlineData("explain -virtual-storage default", "Required flag \"relative-path\" not set")]
    [InlineData("metadata -repository-id 999999", "get metadata: rpc error: code = NotFound desc = repository not found")]
    [InlineData("metadata -virtual-storage default -relative-path nope", "get metadata: rpc error: code = NotFound desc = repository not found")]
    [InlineData("accept-dataloss -virtual-storage d -relative-path x -authoritative-storage y", "set authoritative storage: rpc error: code = InvalidArgument desc = unknown virtual storage: \"d\"")]
    [InlineData("accept-dataloss -virtual-storage default -relative-path x -authoritative-storage y", "set authoritative storage: rpc error: code = InvalidArgument desc = unknown authoritative storage: \"y\"")]
    [InlineData("accept-dataloss -virtual-storage default -relative-path x -authoritative-storage gitaly-1", "set authoritative storage: rpc error: code = InvalidArgument desc = repository does not exist on virtual storage")]
    [InlineData("set-replication-factor -virtual-storage default -relative-path x -replication-factor 0", "rpc error: code = InvalidArgument desc = set replication factor: attempted to set replication factor 0 but minimum is 1")]
    [InlineData("set-replication-factor -virtual-storage default -relative-path x -replication-factor 9", "rpc error: code = InvalidArgument desc = set replication factor: attempted to set replication factor 9 but virtual storage only contains 3 storages")]
    [InlineData("set-replication-factor -virtual-storage default -relative-path x -replication-factor 2", "rpc error: code = InvalidArgument desc = set replication factor: repository \"default\"/\"x\" not found")]
    [InlineData("set-replication-factor -virtual-storage nope -relative-path x -replication-factor 2", "rpc error: code = InvalidArgument desc = set replication factor: virtual storage \"nope\" not found")]
    [InlineData("remove-repository -virtual-storage default -relative-path nope", "repository is not being tracked in Praefect")]
    [InlineData("track-repository -virtual-storage default -relative-path nope -replica-path nope -authoritative-storage gitaly-1", "attempting to track repository in praefect database: authoritative repository does not exist")]
    [InlineData("track-repository -virtual-storage nope -relative-path nope -replica-path nope -authoritative-storage gitaly-1", "attempting to track repository in praefect database: virtual storage \"nope\" not found")]
    [InlineData("track-repository -virtual-storage default -relative-path nope -replica-path nope -authoritative-storage g", "attempting to track repository in praefect database: node \"g\" not found")]
    [InlineData("track-repository -virtual-storage default", "Required flags \"relative-path, replica-path, authoritative-storage\" not set")]
    public async Task Errors_have_praefects_words(string line, string expected)
    {
        var result = await cluster.RunAsync(line);

        Assert.Equal((1, expected + "\n"), (result.Code, result.Errors));
    }

    [Fact]
    public async Task Dataloss_of_an_unknown_virtual_storage_is_an_error() => Assert.Equal(
        new CommandResult(1, "Virtual storage: nope\n", "getting response: rpc error: code = Internal desc = unknown virtual storage: \"nope\"\n"),
        await cluster.RunAsync("dataloss -virtual-storage nope"));

    [Theory]
    [InlineData("dataloss", "Virtual storage: default\n  All repositories are available!\n")]
    [InlineData("verify -repository-id 999999", "0 replicas marked unverified\n")]
    [InlineData("verify -virtual-storage nope", "0 replicas marked unverified\n")]
    public async Task Nothing_to_tell_is_told(string line, string expected) => Assert.Equal(new CommandResult(0, expected, ""), await cluster.RunAsync(line));

    [Fact]
    public async Task The_replication_factor_is_set_and_shown()
    {
        await cluster.CreateAsync("@hashed/bb/two.git");

        var result = await cluster.RunAsync("set-replication-factor -virtual-storage default -relative-path @hashed/bb/two.git -replication-factor 1");

        Assert.Equal(0, result.Code);
        Assert.Matches("^current assignments: gitaly-[123]\n$", result.Output);
    }

    [Fact]
    public async Task All_checks_pass_in_a_sound_cluster()
    {
        var loud = await cluster.RunAsync("check");
        var quiet = await cluster.RunAsync("check -q");

        Assert.Equal((0, ""), (loud.Code, loud.Errors));
        Assert.Contains("Checking unavailable repositories - lists repositories that are missing a valid primary, hence rendering them unavailable [warning]\nAll repositories are available.\nPassed\n\nAll checks passed.\n", loud.Output, StringComparison.Ordinal);
        Assert.Contains("SUCCESS: confirmed Gitaly storage \"gitaly-2\" in virtual storages [default] is served\n", loud.Output, StringComparison.Ordinal);
        Assert.Equal(
            "Checking praefect migrations...Passed\nChecking gitaly node connectivity & disk access...Passed\nChecking database read/write...Passed\n"
            + "Checking unavailable repositories...Passed\n\nAll checks passed.\n",
            quiet.Output);
    }

    [Fact]
    public async Task What_is_on_a_disk_without_a_record_is_listed_then_tracked_then_replicated_then_removed()
    {
        await cluster.InitAsync("gitaly-2", "found/a.git");
        const string Track = "track-repository -virtual-storage default -relative-path found/a.git -replica-path found/a.git -authoritative-storage gitaly-2";

        var untracked = await cluster.RunAsync("list-untracked-repositories -older-than 0s -delimiter ;");
        Assert.Equal(0, untracked.Code);
        Assert.StartsWith("The following repositories were found on disk, but missing from the tracking database:\n", untracked.Output, StringComparison.Ordinal);
        Assert.Contains("{\"relative_path\":\"found/a.git\",\"storage\":\"gitaly-2\",\"virtual_storage\":\"default\"};", untracked.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("found/a.git", (await cluster.RunAsync("list-untracked-repositories")).Output, StringComparison.Ordinal);

        var tracked = await cluster.RunAsync(Track + " -replicate-immediately");
        Assert.Equal((0, ""), (tracked.Code, tracked.Errors));
        Assert.StartsWith("Finished adding new repository to be tracked in praefect database.\nFinished replicating repository to \"gitaly-", tracked.Output, StringComparison.Ordinal);
        Assert.All(LiveCluster.Storages, storage => Assert.True(Directory.Exists(Path.Combine(cluster.DiskOf(storage), "found/a.git"))));
        var again = await cluster.RunAsync(Track);
        Assert.Equal(0, again.Code);
        Assert.StartsWith("repository is already tracked in praefect database\n", again.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("found/a.git", (await cluster.RunAsync("list-untracked-repositories -older-than 0s")).Output, StringComparison.Ordinal);

        const string Remove = "remove-repository -virtual-storage default -relative-path found/a.git";
        Assert.Equal(
            new CommandResult(0, "Repository found in the database.\nRe-run the command with -apply to remove repositories from the database and disk or -apply and -db-only to remove from database only.\n", ""),
            await cluster.RunAsync(Remove));
        Assert.Equal(
            new CommandResult(0, "Repository found in the database.\nAttempting to remove found/a.git from the database...\nRepository removal from database completed.\n", ""),
            await cluster.RunAsync(Remove + " -apply -db-only"));
        Assert.All(LiveCluster.Storages, storage => Assert.True(Directory.Exists(Path.Combine(cluster.DiskOf(storage), "found/a.git"))));
        Assert.Equal(0, (await cluster.RunAsync(Track)).Code);
        Assert.Equal(
            new CommandResult(0, "Repository found in the database.\nAttempting to remove found/a.git from the database, and delete it from all gitaly nodes...\nRepository removal completed.\n", ""),
            await cluster.RunAsync(Remove + " -apply"));
        Assert.False(Directory.Exists(Path.Combine(cluster.DiskOf("gitaly-2"), "found/a.git")));
        Assert.Equal(1, (await cluster.RunAsync(Remove)).Code);
    }

    [Fact]
    public async Task A_file_of_repositories_is_tracked_only_when_all_of_it_is_right()
    {
        await cluster.InitAsync("gitaly-1", "many/a.git");
        await cluster.InitAsync("gitaly-1", "many/b.git");
        await cluster.CreateAsync("many/known.git");
        var bad = cluster.Write("bad.json", """
            {"relative_path":"many/a.git","replica_path":"many/a.git","virtual_storage":"default","authoritative_storage":"gitaly-1"}
            {"relative_path":"many/x.git"}
            bogus
            {"relative_path":"many/a.git","replica_path":"many/a.git","virtual_storage":"default","authoritative_storage":"gitaly-1"}
            {"relative_path":"many/c.git","replica_path":"many/c.git","virtual_storage":"default","authoritative_storage":"gitaly-1"}
            {"relative_path":"many/d.git","replica_path":"many/a.git","virtual_storage":"nope","authoritative_storage":"gitaly-1"}
            {"relative_path":"many/known.git","replica_path":"many/a.git","virtual_storage":"default","authoritative_storage":"gitaly-1"}
            """);
        var good = cluster.Write("good.json", """
            {"relative_path":"many/a.git","replica_path":"many/a.git","virtual_storage":"default","authoritative_storage":"gitaly-1"}
            {"Relative_Path":"many/b.git","REPLICA_PATH":"many/b.git","Virtual_storage":"default","authoritative_Storage":"gitaly-1"}
            """);
        var empty = cluster.Write("empty.json", "");

        var refused = await cluster.RunAsync($"track-repositories -input-path {bad}");

        Assert.Equal((1, "invalid entries found, aborting\n"), (refused.Code, refused.Errors));
        Assert.StartsWith($"Validating repository information in \"{bad}\"\nFound 6 invalid request(s) in \"{bad}\":\n", refused.Output, StringComparison.Ordinal);
        Assert.Contains("  line 2, relative_path: \"many/x.git\", replica_path: \"\"\n    \"replica-path\" is a required parameter\n    \"virtual-storage\" is a required parameter\n    \"authoritative-storage\" is a required parameter\n", refused.Output, StringComparison.Ordinal);
        Assert.Contains("  line 3, relative_path: \"\", replica_path: \"\"\n    not a JSON object with relative_path", refused.Output, StringComparison.Ordinal);
        Assert.Contains("  line 4, relative_path: \"many/a.git\", replica_path: \"many/a.git\"\n    duplicate entries for relative_path, line [1 4]\n", refused.Output, StringComparison.Ordinal);
        Assert.Contains("replica_path: \"many/c.git\"\n    not a valid git repository\n", refused.Output, StringComparison.Ordinal);
        Assert.Contains("    checking repository on disk: virtual storage \"nope\" not found\n", refused.Output, StringComparison.Ordinal);
        Assert.Contains("    repository is already tracked by Praefect\n", refused.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await cluster.RunAsync("metadata -virtual-storage default -relative-path many/a.git")).Code);

        var tracked = await cluster.RunAsync($"track-repositories -input-path {good}");
        Assert.Equal((0, ""), (tracked.Code, tracked.Errors));
        Assert.StartsWith($"Validating repository information in \"{good}\"\nAll repository details are correctly formatted\nTracking 2 repositories in Praefect DB...\nFinished adding", tracked.Output, StringComparison.Ordinal);
        Assert.Contains("Added replication job to replicate repository to \"gitaly-2\".\n", tracked.Output, StringComparison.Ordinal);
        Assert.Equal(
            new CommandResult(1, $"Validating repository information in \"{empty}\"\n", $"no repository information found in \"{empty}\"\n"),
            await cluster.RunAsync($"track-repositories -input-path {empty}"));
    }

    [Fact]
    public async Task Pools_of_nodes_that_know_no_such_call_end_the_command_with_their_answer()
    {
        await cluster.CreateAsync("@hashed/cc/three.git");

        var result = await cluster.RunAsync("pool");

        Assert.Equal(1, result.Code);
        Assert.StartsWith("scanning storage \"gitaly-1\" for pools: rpc error: code = Unimplemented", result.Errors, StringComparison.Ordinal);
    }
}
