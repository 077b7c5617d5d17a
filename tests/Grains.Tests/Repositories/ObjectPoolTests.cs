using System.Collections.Immutable;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

/// <summary>A repository and its object pool on the same nodes.</summary>
[Collection(ClusterTests.Name)]
public sealed class ObjectPoolTests(TestCluster cluster)
{
    [Fact]
    public async Task Linking_to_a_pool_that_only_the_primary_has_succeeds_there_and_reaches_the_others_with_the_pool()
    {
        var bench = new Bench(cluster);
        var fork = await bench.CreateAsync();
        var pool = Pool(bench);
        var made = await CreatePoolAsync(bench, pool);
        // Repair of the pool cannot begin before the link is made.
        var others = bench.Storages.Remove(made.Primary);
        var copied = new TaskCompletionSource();
        foreach (var other in others)
            bench[other].Hang = copied.Task;
        bench[made.Primary].Write(made.ReplicaPath, "refs/heads/main", "1");
        Assert.Equal(WriteOutcome.Recorded, (await FinishAsync(pool, made)).Outcome);

        var placement = (await pool.GetPlacementAsync(default))!;
        Assert.Equal(made.Primary, Assert.Single(placement.UpToDate));
        var link = await BeginAsync(bench, placement.UpToDate);
        Assert.Equal((made.Primary, 0, 2), (link.Primary, link.Secondaries.Length, link.Targets.Length));
        await bench.VoteAndApplyAsync(link, "refs/linked", "1");
        bench[made.Primary].Pools[fork.ReplicaPath] = made.ReplicaPath;
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(link)).Outcome);

        copied.SetResult();
        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.True(bench[s].Has(made.ReplicaPath)));
        Assert.All(bench.Storages, s => Assert.Equal(made.ReplicaPath, bench[s].Pools[fork.ReplicaPath]));
    }

    [Fact]
    public async Task A_write_with_a_second_repository_that_the_primary_lacks_is_led_by_one_that_has_it()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var other = bench.Storages.First(s => s != created.Primary);
        var route = await BeginAsync(bench, [other]);
        Assert.Equal((other, 0), (route.Primary, route.Secondaries.Length));
        await bench.FinishAsync(route, Bench.Failed(other));
        Assert.Equal(other, (await bench.MetadataAsync()).Primary);
    }

    [Fact]
    public async Task A_copy_loses_the_link_that_its_source_does_not_have()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        bench["S2"].Pools[created.ReplicaPath] = "@cluster/pools/aa/bb/1";
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        bench["S2"].Alive = true;
        await bench.LevelAsync();
        Assert.Empty(bench["S2"].Pools);
    }

    [Fact]
    public async Task A_copy_that_is_linked_to_another_pool_is_linked_to_its_sources()
    {
        const string Wanted = "@cluster/pools/aa/bb/1";
        const string Other = "@cluster/pools/cc/dd/2";
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        foreach (var storage in bench.Storages)
        {
            bench[storage].Write(Wanted, "HEAD", "1");
            bench[storage].Write(Other, "HEAD", "1");
            bench[storage].Pools[created.ReplicaPath] = storage == "S2" ? Other : Wanted;
        }

        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        bench["S2"].Alive = true;
        await bench.LevelAsync();
        Assert.Equal(Wanted, bench["S2"].Pools[created.ReplicaPath]);
    }

    [Fact]
    public async Task A_pool_that_never_comes_does_not_keep_a_replica_behind_for_ever()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        foreach (var storage in bench.Storages.Remove("S2"))
        {
            bench[storage].Write("@cluster/pools/aa/bb/1", "HEAD", "1");
            bench[storage].Pools[created.ReplicaPath] = "@cluster/pools/aa/bb/1";
        }

        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        bench["S2"].Alive = true;
        await bench.LevelAsync();
        Assert.Equal("1", bench["S2"].Read(created.ReplicaPath, "refs/heads/main"));
        Assert.Empty(bench["S2"].Pools);
    }

    private static IRepositoryGrain Pool(Bench bench) => bench.At($"@pools/ab/cd/abcd{new string('0', 60)}.git");

    private static async Task<MutatorRoute> CreatePoolAsync(Bench bench, IRepositoryGrain pool)
    {
        var origin = await bench.Grain.GetPlacementAsync(default);
        var route = await pool.BeginCreationAsync(
            new CreationRequest(Bench.NewId(), "/gitaly.ObjectPoolService/CreateObjectPool", Votes: false, [], origin, Upsert: false), default);
        Assert.Equal((origin!.Primary, 0, 2), (route.Primary, route.Secondaries.Length, route.Targets.Length));
        return route;
    }

    private static Task<FinishResult> FinishAsync(IRepositoryGrain pool, MutatorRoute route) =>
        pool.FinishAsync(route.TransactionId, [Bench.Ok(route.Primary)], default);

    private static Task<MutatorRoute> BeginAsync(Bench bench, ImmutableArray<string> beside) => bench.Grain.BeginMutatorAsync(
        new MutatorRequest(Bench.NewId(), "/gitaly.ObjectPoolService/LinkRepositoryToObjectPool", Votes: true, [], beside), default);
}
