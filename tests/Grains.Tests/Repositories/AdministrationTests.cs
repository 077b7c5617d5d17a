using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class AdministrationTests(TestCluster cluster)
{
    private static readonly DateTimeOffset Verified = new(2024, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Fact]
    public async Task A_higher_replication_factor_names_more_storages_and_they_get_their_copies()
    {
        var bench = new Bench(cluster, factor: 1);
        var created = await bench.CreateAsync();

        Assert.Equal("P S1 S2", Facts.Join(await bench.Grain.SetReplicationFactorAsync(3, default)));

        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.True(bench[s].Has(created.ReplicaPath)));
        Assert.All((await bench.MetadataAsync()).Replicas, r => Assert.True(r.Assigned));
    }

    [Fact]
    public async Task A_lower_replication_factor_keeps_the_primary()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        Assert.Equal(created.Primary, Facts.Join(await bench.Grain.SetReplicationFactorAsync(1, default)));
        Assert.Equal(created.Primary, Facts.Join(await bench.BeginAndEndAsync()));
    }

    [Fact]
    public async Task A_replication_factor_that_cannot_be_had_is_refused_in_Praefects_words()
    {
        var bench = new Bench(cluster);
        await RefusedAsync(RouteFailure.InvalidReplicationFactor, "attempted to set replication factor 0 but minimum is 1", () => bench.Grain.SetReplicationFactorAsync(0, default));
        await RefusedAsync(
            RouteFailure.RepositoryNotFound, $"repository \"{bench.VirtualStorage}\"/\"a/b.git\" not found", () => bench.Grain.SetReplicationFactorAsync(1, default));
        await RefusedAsync(RouteFailure.VirtualStorageNotFound, "virtual storage \"nowhere\" not found", () => At("nowhere").SetReplicationFactorAsync(1, default));
    }

    [Fact]
    public async Task The_authoritative_storage_is_the_only_one_that_is_up_to_date_until_the_others_got_copies_of_it()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        foreach (var lost in new[] { "P", "S1" })
            bench[lost].Alive = false;
        bench["S2"].Healthy = false;
        await bench.Grain.SetAuthoritativeStorageAsync("S2", default);

        var metadata = await bench.MetadataAsync();
        Assert.Equal(1, metadata.Generation);
        Assert.Equal([("P", 0L), ("S1", 0L), ("S2", 1L)], metadata.Replicas.Select(r => (r.Storage, r.Generation)));

        bench["S2"].Healthy = null;
        bench["S2"].Write(created.ReplicaPath, "HEAD", "accepted");
        Assert.Equal("S2", Facts.Join(await bench.BeginAndEndAsync()));
        bench["P"].Alive = bench["S1"].Alive = true;
        await bench.LevelAsync();
        Assert.Equal("accepted", bench["P"].Read(created.ReplicaPath, "HEAD"));
    }

    [Fact]
    public async Task A_write_that_is_overtaken_by_the_acceptance_of_a_loss_does_not_succeed()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.Grain.SetReplicationFactorAsync(2, default);
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        var other = bench.Storages.Except(Bench.Participants(route)).Single();

        await bench.Grain.SetAuthoritativeStorageAsync(other, default);

        Assert.Equal(WriteOutcome.InDoubt, (await bench.FinishAsync(route)).Outcome);
    }

    [Fact]
    public async Task A_loss_is_accepted_only_for_what_exists()
    {
        var bench = new Bench(cluster);
        await RefusedAsync(
            RouteFailure.VirtualStorageNotFound, "unknown virtual storage: \"nowhere\"", () => At("nowhere").SetAuthoritativeStorageAsync("P", default));
        await RefusedAsync(RouteFailure.StorageNotFound, "unknown authoritative storage: \"X\"", () => bench.Grain.SetAuthoritativeStorageAsync("X", default));
        await RefusedAsync(
            RouteFailure.RepositoryNotFound, "repository does not exist on virtual storage", () => bench.Grain.SetAuthoritativeStorageAsync("P", default));
    }

    [Fact]
    public async Task Marking_counts_the_replicas_that_were_verified()
    {
        var bench = new Bench(cluster);
        Assert.Equal(0, await bench.Grain.MarkUnverifiedAsync(null, default));
        // Not removed as surplus.
        bench["S2"].Healthy = false;
        await bench.Grain.ImportAsync(Imported("P S1", "S2"), default);

        Assert.Equal(1, await bench.Grain.MarkUnverifiedAsync("P", default));
        Assert.Equal([("P", null), ("S1", Verified), ("S2", null)], (await bench.MetadataAsync()).Replicas.Select(r => (r.Storage, r.VerifiedAt)));
        Assert.Equal(0, await bench.Grain.MarkUnverifiedAsync("unknown", default));
        Assert.Equal(1, await bench.Grain.MarkUnverifiedAsync(null, default));
        Assert.Equal(0, await bench.Grain.MarkUnverifiedAsync(null, default));
    }

    [Fact]
    public async Task A_repository_on_a_disk_can_be_tracked_and_is_copied_to_the_others()
    {
        var bench = new Bench(cluster);
        bench["S1"].Write("old/path.git", "HEAD", "x");

        var tracked = await bench.Grain.TrackAsync(new TrackRequest("S1", "old/path.git"), default);

        Assert.Equal("P S2", Facts.Join(tracked.Secondaries));
        await bench.LevelAsync();
        var metadata = await bench.MetadataAsync();
        Assert.Equal((tracked.RepositoryId, "S1", "old/path.git", 0L), (metadata.RepositoryId, metadata.Primary, metadata.ReplicaPath, metadata.Generation));
        Assert.Equal("x", bench["P"].Read("old/path.git", "HEAD"));
        await RefusedAsync(
            RouteFailure.RepositoryAlreadyExists, "repository is already tracked in praefect database", () => bench.Grain.TrackAsync(new TrackRequest("S1", "old/path.git"), default));
    }

    [Fact]
    public async Task A_default_replication_factor_gives_a_tracked_repository_its_assignments()
    {
        var bench = new Bench(cluster, factor: 2);
        bench["S2"].Write("p", "HEAD", "x");
        var tracked = await bench.Grain.TrackAsync(new TrackRequest("S2", "p"), default);
        var assigned = (await bench.MetadataAsync()).Replicas.Where(r => r.Assigned).Select(r => r.Storage);
        Assert.Equal([.. tracked.Secondaries, "S2"], assigned);
    }

    [Fact]
    public async Task Only_what_a_node_confirms_can_be_tracked()
    {
        var bench = new Bench(cluster);
        await RefusedAsync(
            RouteFailure.RepositoryNotOnDisk,
            "attempting to track repository in praefect database: authoritative repository does not exist",
            () => bench.Grain.TrackAsync(new TrackRequest("P", "p"), default));
        await RefusedAsync(RouteFailure.StorageNotFound, "node \"X\" not found", () => bench.Grain.TrackAsync(new TrackRequest("X", "p"), default));
        await RefusedAsync(RouteFailure.VirtualStorageNotFound, "virtual storage \"nowhere\" not found", () => At("nowhere").TrackAsync(new TrackRequest("P", "p"), default));
        bench["P"].Alive = false;
        await RefusedAsync(
            RouteFailure.NodeUnreachable, "storage \"P\" could not be asked for the repository: connection refused", () => bench.Grain.TrackAsync(new TrackRequest("P", "p"), default));
        Assert.False(await bench.Grain.ExistsAsync(default));
    }

    [Fact]
    public async Task The_path_of_a_tracked_repository_is_not_given_to_a_later_one()
    {
        var bench = new Bench(cluster);
        var taken = await cluster.Grains.GetGrain<IRepositoryIdGrain>(0).ReserveAsync(default) + 5000;
        var path = $"@cluster/repositories/6b/86/{taken}";
        bench["P"].Write(path, "HEAD", "x");
        Assert.True((await bench.Grain.TrackAsync(new TrackRequest("P", path), default)).RepositoryId > taken);
    }

    [Fact]
    public async Task An_imported_record_is_taken_over_as_it_is_and_only_once()
    {
        var bench = new Bench(cluster);
        foreach (var storage in bench.Storages)
            bench[storage].Write("imported", "HEAD", "x");
        // Not removed as surplus.
        bench["S2"].Healthy = false;
        await bench.Grain.ImportAsync(Imported("P S1", "S2"), default);

        var metadata = await bench.MetadataAsync();
        Assert.Equal((900_001L, "imported", "P", 3L), (metadata.RepositoryId, metadata.ReplicaPath, metadata.Primary, metadata.Generation));
        Assert.Equal([("P", 3L, true), ("S1", 3L, true), ("S2", 1L, false)], metadata.Replicas.Select(r => (r.Storage, r.Generation, r.Assigned)));
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);

        await bench.Grain.ImportAsync(Imported("P S1", "S2"), default);
        Assert.Equal(4, (await bench.MetadataAsync()).Generation);
        await RefusedAsync(
            RouteFailure.RepositoryAlreadyExists,
            "there is a repository of that path with id 900001 and replica path imported",
            () => bench.Grain.ImportAsync(Imported("P", "") with { RepositoryId = 900_002 }, default));
    }

    [Fact]
    public async Task An_import_keeps_no_activation_that_nobody_else_asked_for()
    {
        var bench = new Bench(cluster);
        Assert.True(await bench.Grain.ImportAsync(Imported("P S1", "S2") with { DryRun = true }, default));
        Assert.Equal(0, bench.Store.Writes);

        // Whoever had kept the record would lose against this other writer.
        Assert.True(await bench.Grain.ImportAsync(Imported("P S1", "S2"), default));
        bench.Touch();
        Assert.False(await bench.Grain.ImportAsync(Imported("P S1", "S2"), default));
        bench.Touch();
        Assert.False(await bench.Grain.ImportAsync(Imported("P S1", "S2") with { DryRun = true }, default));
        bench.Touch();
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
    }

    [Fact]
    public async Task An_import_ends_no_activation_that_is_in_use()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var metadata = await bench.MetadataAsync();
        var same = new ImportedRepository(metadata.RepositoryId, created.ReplicaPath, null, 0, [], null);

        Assert.False(await bench.Grain.ImportAsync(same, default));
        Assert.False(await bench.Grain.ImportAsync(same with { DryRun = true }, default));

        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(route)).Outcome);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("path")]
    [InlineData("generation")]
    [InlineData("twice")]
    public async Task A_record_that_makes_no_sense_is_not_imported(string mistake)
    {
        var bench = new Bench(cluster);
        var good = Imported("P S1", "S2");
        var bad = mistake switch
        {
            "id" => good with { RepositoryId = 0 },
            "path" => good with { ReplicaPath = "" },
            "generation" => good with { Generation = -1 },
            _ => good with { Replicas = [.. good.Replicas, good.Replicas[0]] },
        };
        var refused = await Assert.ThrowsAsync<RouteException>(() => bench.Grain.ImportAsync(bad, default));
        Assert.Equal(RouteFailure.InvalidRecord, refused.Failure);
        Assert.False(await bench.Grain.ExistsAsync(default));
    }

    [Fact]
    public async Task Raised_ids_are_never_handed_out()
    {
        var ids = cluster.Grains.GetGrain<IRepositoryIdGrain>(0);
        var first = await ids.ReserveAsync(default);
        foreach (var step in new[] { 0, 3, 250, 20_000 })
        {
            await ids.RaiseAsync(first + step, default);
            Assert.True(await ids.ReserveAsync(default) > first + step);
        }

        var high = await ids.ReserveAsync(default);
        await ids.RaiseAsync(1, default);
        Assert.True(await ids.ReserveAsync(default) > high);
    }

    [Fact]
    public async Task What_an_operator_was_told_is_durable()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.Grain.SetReplicationFactorAsync(1, default);
        await bench.CrashAsync();
        Assert.Single((await bench.MetadataAsync()).Replicas, r => r.Assigned);
        bench.Store.Failing = true;
        await RefusedAsync(
            RouteFailure.StoreUnavailable, "the store did not take the repository's record", () => bench.Grain.SetReplicationFactorAsync(2, default));
    }

    private static ImportedRepository Imported(string upToDate, string behind) => new(
        900_001,
        "imported",
        "P",
        3,
        [.. Facts.List(upToDate).Select(s => new ImportedReplica(s, 3, Verified)), .. Facts.List(behind).Select(s => new ImportedReplica(s, 1, null))],
        Facts.List(upToDate));

    private static async Task RefusedAsync(RouteFailure failure, string message, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RouteException>(call);
        Assert.Equal((failure, message), (refused.Failure, refused.Message));
    }

    private IRepositoryGrain At(string virtualStorage) => cluster.Grains.GetGrain<IRepositoryGrain>(new RepositoryKey(virtualStorage, "a/b.git").ToString());
}
