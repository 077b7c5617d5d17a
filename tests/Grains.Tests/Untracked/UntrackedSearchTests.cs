using Praefect.Grains.Nodes;
using Praefect.Grains.Tests.Cluster;

namespace Praefect.Grains.Tests.Untracked;

/// <summary>Groups H4 and N5 of the cases.</summary>
public sealed class UntrackedSearchTests(TestClusterWithWalks cluster) : IClassFixture<TestClusterWithWalks>
{
    [Fact]
    public async Task What_is_old_and_has_no_record_is_logged_once_and_stays_on_the_disk()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        string[] old = ["old/1", "old/2", "old/3"];
        foreach (var path in old)
            bench["S1"].Write(path, "HEAD", "x");
        bench["S1"].Write("young", "HEAD", "x");
        bench["S1"].ChangedAt["young"] = TimeProvider.System.GetUtcNow();

        foreach (var storage in bench.Storages)
            await WatchAsync(bench, storage);
        foreach (var storage in bench.Storages)
            await EndedAsync(bench, storage);

        Assert.Equal(old.Select(path => $"repository is not managed by praefect: {path} on {bench.VirtualStorage}/S1"), LinesOf(bench).Order(StringComparer.Ordinal));
        Assert.All(old.Append("young").Append(created.ReplicaPath), path => Assert.True(bench["S1"].Has(path)));
        Assert.All(bench.Storages, storage => Assert.Equal(1, bench[storage].Walks));
    }

    [Fact]
    public async Task A_storage_is_walked_again_when_its_last_walk_is_long_enough_ago_and_not_before()
    {
        var bench = new Bench(cluster);
        var now = TimeProvider.System.GetUtcNow();
        await WalkOf(bench, "P").EndedAsync(now, default);
        await WalkOf(bench, "S1").EndedAsync(now.AddHours(-2), default);

        await WatchAsync(bench, "P");
        await WatchAsync(bench, "S1");

        await Bench.EventuallyAsync(() => Task.FromResult(bench["S1"].Walks == 1), "S1 is walked");
        Assert.Equal(0, bench["P"].Walks);
        await WalkOf(bench, "P").EndedAsync(now.AddHours(-1), default);
        await Bench.EventuallyAsync(() => Task.FromResult(bench["P"].Walks == 1), "P is walked when its time has come");
        Assert.Equal(1, bench["S1"].Walks);
    }

    [Fact]
    public async Task A_storage_that_is_down_is_walked_when_it_is_back()
    {
        var bench = new Bench(cluster);
        bench["P"].Alive = false;
        await WatchAsync(bench, "P");
        await WatchAsync(bench, "S1");
        await EndedAsync(bench, "S1");
        Assert.Equal(0, bench["P"].Walks);
        bench["P"].Alive = true;
        await EndedAsync(bench, "P");
    }

    [Fact]
    public async Task A_walk_that_fails_is_logged_and_counts()
    {
        var bench = new Bench(cluster);
        bench["P"].WalksFail = true;
        await WatchAsync(bench, "P");
        await EndedAsync(bench, "P");
        Assert.Equal($"the search of {bench.VirtualStorage}/P for repositories without a record failed", Assert.Single(LinesOf(bench)));
    }

    private Task WatchAsync(Bench bench, string storage) =>
        cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey(bench.VirtualStorage, storage).ToString()).WatchAsync(default);

    private IStorageWalkGrain WalkOf(Bench bench, string storage) =>
        cluster.Grains.GetGrain<IStorageWalkGrain>(new NodeKey(bench.VirtualStorage, storage).ToString());

    private Task EndedAsync(Bench bench, string storage) =>
        Bench.EventuallyAsync(async () => await WalkOf(bench, storage).LastAsync(default) is not null, $"the walk of {storage} has ended");

    private IEnumerable<string> LinesOf(Bench bench) => cluster.Log.Lines.Where(line => line.Contains($"{bench.VirtualStorage}/", StringComparison.Ordinal));
}
