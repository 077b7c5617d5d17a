using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Tests.Cluster;

namespace Praefect.Grains.Tests.Verification;

/// <summary>Group J of the cases.</summary>
[Collection(ClusterTests.Name)]
public sealed class VerificationTests(TestCluster cluster)
{
    private static readonly DateTimeOffset Due = TimeProvider.System.GetUtcNow().AddDays(-30);
    private static readonly DateTimeOffset Recent = TimeProvider.System.GetUtcNow().AddMinutes(-1);

    [Fact]
    public async Task Replicas_never_verified_or_long_ago_are_verified_and_others_left_alone()
    {
        var bench = await ImportAsync(("P", null, true), ("S1", Recent, true), ("S2", Due, true));
        await WatchAsync(bench);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.All(r => r.VerifiedAt >= Recent), "all are verified");
        var verified = (await bench.MetadataAsync()).Replicas;
        Assert.Equal([true, false, true], verified.Select(r => r.VerifiedAt > Recent));
    }

    [Fact]
    public async Task Replicas_verified_recently_are_not_asked_for()
    {
        var bench = await ImportAsync(("P", Recent, false), ("S1", Recent, false), ("S2", null, true));
        await WatchAsync(bench);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.Single(r => r.Storage == "S2").VerifiedAt is not null, "S2 is verified");
        Assert.Equal(3, (await bench.MetadataAsync()).Replicas.Count(r => r.Generation >= 0));
    }

    [Fact]
    public async Task A_storage_that_is_down_is_not_asked_and_keeps_its_records()
    {
        var bench = await ImportAsync(("P", null, true), ("S1", null, true), ("S2", null, false));
        bench["S2"].Alive = false;
        await WatchAsync(bench);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.Count(r => r.VerifiedAt is not null) == 2, "two are verified");
        Assert.Equal((0L, (DateTimeOffset?)null), (await bench.MetadataAsync()).Replicas.Where(r => r.Storage == "S2").Select(r => (r.Generation, r.VerifiedAt)).Single());
    }

    [Fact]
    public async Task A_node_that_answers_with_an_error_keeps_its_records()
    {
        var bench = await ImportAsync(("P", null, true), ("S1", null, true), ("S2", null, false));
        bench["S2"].Alive = false;
        Assert.Equal(ReplicaVerification.Error, await bench.Grain.VerifyReplicaAsync("S2", default));
        Assert.Equal(3, (await bench.MetadataAsync()).Replicas.Count(r => r.Generation >= 0));
    }

    [Fact]
    public async Task A_replica_that_is_not_on_the_disk_leaves_the_record_and_is_copied_anew()
    {
        var bench = await ImportAsync(("P", Recent, true), ("S1", Recent, true), ("S2", Recent, false));
        Assert.Equal(ReplicaVerification.Invalid, await bench.Grain.VerifyReplicaAsync("S2", default));
        await bench.LevelAsync();
        Assert.True(bench["S2"].Has("imported"));
    }

    [Fact]
    public async Task A_repository_whose_last_replica_is_gone_stays_on_record()
    {
        var bench = await ImportAsync(("P", null, false), ("S1", Due, false), ("S2", Due.AddHours(-1), false));
        await WatchAsync(bench);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.All(r => r.Generation < 0), "no replica is left");
        Assert.True(await bench.Grain.ExistsAsync(default));
        Assert.Equal(0, (await bench.MetadataAsync()).Generation);
    }

    [Fact]
    public async Task A_marked_replica_is_due_at_once()
    {
        var bench = await ImportAsync(("P", Recent, true), ("S1", Recent, true), ("S2", Recent, false));
        await WatchAsync(bench);
        Assert.Equal(3, await bench.Grain.MarkUnverifiedAsync(null, default));
        await Bench.EventuallyAsync(() => Task.FromResult(bench["S2"].Has("imported")), "the missing replica was found out and copied");
        await bench.LevelAsync();
    }

    [Fact]
    public async Task A_missing_replica_does_not_count_while_a_write_is_on_it()
    {
        var bench = await ImportAsync(("P", Recent, true), ("S1", Recent, true), ("S2", Recent, true));
        var open = await bench.BeginAsync();
        bench["S2"].Delete("imported");
        Assert.Equal(ReplicaVerification.Overtaken, await bench.Grain.VerifyReplicaAsync("S2", default));
        await bench.FinishAsync(open, [.. Bench.Participants(open).Select(s => Bench.Failed(s))]);
        Assert.Equal(ReplicaVerification.Invalid, await bench.Grain.VerifyReplicaAsync("S2", default));
    }

    [Fact]
    public async Task What_is_not_on_record_is_not_verified()
    {
        var bench = new Bench(cluster);
        Assert.Equal(ReplicaVerification.Overtaken, await bench.Grain.VerifyReplicaAsync("P", default));
    }

    [Fact]
    public async Task A_storage_that_was_added_gets_its_copies_although_nobody_knew()
    {
        var bench = new Bench(cluster, 0, "P", "S1");
        var created = await bench.CreateAsync();
        cluster.Nodes.Extend(bench.VirtualStorage, "S9");
        await cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey(bench.VirtualStorage, "S9").ToString()).WatchAsync(default);
        await Bench.EventuallyAsync(() => Task.FromResult(bench["S9"].Has(created.ReplicaPath)), "S9 has its copy");
    }

    private async Task<Bench> ImportAsync(params (string Storage, DateTimeOffset? VerifiedAt, bool Exists)[] replicas)
    {
        var bench = new Bench(cluster);
        foreach (var (storage, _, exists) in replicas)
        {
            if (exists)
                bench[storage].Write("imported", "HEAD", "x");
        }

        var imported = replicas.Select(r => new ImportedReplica(r.Storage, 0, r.VerifiedAt));
        await bench.Grain.ImportAsync(new ImportedRepository(800_000, "imported", "P", 0, [.. imported], null), default);
        return bench;
    }

    private async Task WatchAsync(Bench bench)
    {
        foreach (var storage in bench.Storages)
            await cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey(bench.VirtualStorage, storage).ToString()).WatchAsync(default);
    }
}
