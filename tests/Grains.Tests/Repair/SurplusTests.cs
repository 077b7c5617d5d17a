using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repair;

[Collection(ClusterTests.Name)]
public sealed class SurplusTests(TestCluster cluster)
{
    [Fact]
    public async Task A_replica_that_is_not_wanted_any_more_leaves_the_disk_once_the_others_are_up_to_date()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var kept = await bench.Grain.SetReplicationFactorAsync(2, default);
        var surplus = Assert.Single(bench.Storages.Except(kept));

        await Bench.EventuallyAsync(() => Task.FromResult(!bench[surplus].Has(created.ReplicaPath)), "the surplus replica is removed");

        Assert.Equal(kept, (await bench.MetadataAsync()).Replicas.Select(r => r.Storage));
        Assert.All(kept, s => Assert.True(bench[s].Has(created.ReplicaPath)));
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
    }

    [Fact]
    public async Task A_surplus_replica_is_kept_until_every_assigned_storage_has_a_copy()
    {
        var bench = new Bench(cluster, factor: 1);
        var created = await bench.CreateAsync();
        var others = bench.Storages.Remove(created.Primary);
        await bench.Grain.SetReplicationFactorAsync(3, default);
        await bench.LevelAsync();
        bench[others[0]].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        await bench.Grain.SetReplicationFactorAsync(2, default);
        // The one that is behind was taken off; the other one and the primary stay.
        Assert.True(bench[others[0]].Has(created.ReplicaPath));
        Assert.Contains((await bench.MetadataAsync()).Replicas, r => r.Storage == others[0] && !r.Assigned);

        bench[others[0]].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(!bench[others[0]].Has(created.ReplicaPath)), "removed after its node came back");
        Assert.Equal("1", bench[created.Primary].Read(created.ReplicaPath, "refs/heads/main"));
    }

    [Fact]
    public async Task Nothing_is_removed_while_a_write_is_open()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var open = await bench.BeginAsync();
        var kept = await bench.Grain.SetReplicationFactorAsync(1, default);
        await bench.VoteAndApplyAsync(open, "refs/heads/main", "1");
        Assert.Equal(3, (await bench.MetadataAsync()).Replicas.Length);

        await bench.FinishAsync(open);

        await Bench.EventuallyAsync(() => Task.FromResult(bench.Storages.Count(s => bench[s].Has(created.ReplicaPath)) == 1), "both surplus replicas are removed");
        Assert.Equal("1", bench[kept[0]].Read(created.ReplicaPath, "refs/heads/main"));
    }

    [Fact]
    public async Task A_replica_is_removed_only_by_whom_the_store_has_just_confirmed_as_the_owner_of_the_record()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var writes = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource()).ToArray();
        var before = bench.Store.Starts;
        bench.Store.Held = writes[0].Task;
        var factor = bench.Grain.SetReplicationFactorAsync(2, default);
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts == before + 1), "the assignments are written");
        bench.Store.Held = writes[1].Task;
        writes[0].SetResult();
        var surplus = Assert.Single(bench.Storages.Except(await factor));
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts == before + 2), "the replica is taken off the record");
        bench.Store.Held = writes[2].Task;
        writes[1].SetResult();
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts == before + 3), "the record is written before the removal");
        Assert.True(bench[surplus].Has(created.ReplicaPath));

        // Another activation took over meanwhile: this one was stopped in its tracks for longer than that takes. The node answers only the next one's removal.
        var hang = new TaskCompletionSource();
        bench[surplus].Hang = hang.Task;
        bench.Touch();
        bench.Store.Held = Task.CompletedTask;
        writes[2].SetResult();
        await Bench.EventuallyAsync(async () => await bench.MetadataAsync() is not null && bench[surplus].Waiting > 0, "the next activation removes it");
        Assert.Equal(1, bench[surplus].Waiting);
        hang.SetResult();
        await Bench.EventuallyAsync(() => Task.FromResult(!bench[surplus].Has(created.ReplicaPath)), "the surplus replica is removed");
    }

    [Fact]
    public async Task A_removal_that_a_crash_cut_off_is_finished_by_the_next_activation()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var hang = new TaskCompletionSource();
        foreach (var storage in bench.Storages)
            bench[storage].Hang = hang.Task;
        await bench.Grain.SetReplicationFactorAsync(2, default);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.Length == 2, "the replica is off the record");

        await bench.CrashAsync();
        hang.SetResult();
        _ = await bench.MetadataAsync();

        await Bench.EventuallyAsync(() => Task.FromResult(bench.Storages.Count(s => bench[s].Has(created.ReplicaPath)) == 2), "the rest is removed");
    }

    [Fact]
    public async Task A_storage_that_is_wanted_again_gets_its_replica_back()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        await bench.Grain.SetReplicationFactorAsync(1, default);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.Length == 1, "two replicas are off the record");
        await bench.Grain.SetReplicationFactorAsync(3, default);
        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.True(bench[s].Has(created.ReplicaPath)));
    }

    [Fact]
    public async Task Copies_to_one_storage_are_bounded_over_all_repositories()
    {
        var bench = new Bench(cluster);
        var repositories = Enumerable.Range(0, 8).Select(i => bench.Sibling($"r{i}.git")).ToArray();
        bench["S2"].Alive = false;
        foreach (var repository in repositories)
            await repository.CreateAsync();
        var hang = new TaskCompletionSource();
        bench["S2"].Hang = hang.Task;
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(bench["S2"].Waiting >= TestCluster.Options.CopiesPerTarget), "copies have begun");
        foreach (var repository in repositories)
            await repository.Grain.RepairAsync(default);
        Assert.Equal(TestCluster.Options.CopiesPerTarget, bench["S2"].Waiting);

        hang.SetResult();
        foreach (var repository in repositories)
            await repository.LevelAsync();
    }

    [Fact]
    public async Task A_removed_repository_names_the_storages_where_something_may_be_left()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var hang = new TaskCompletionSource();
        foreach (var storage in bench.Storages)
            bench[storage].Hang = hang.Task;
        await bench.Grain.SetReplicationFactorAsync(2, default);
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Replicas.Length == 2, "the replica is off the record");
        Assert.Equal(3, (await bench.Grain.RemoveAsync(default))!.Storages.Length);
        hang.SetResult();
    }
}
