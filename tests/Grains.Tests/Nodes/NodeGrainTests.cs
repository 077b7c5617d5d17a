using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;

namespace Praefect.Grains.Tests.Nodes;

/// <summary>Health, from probe to the process-local directory. The virtual storage "default" is the one that the cluster's options name.</summary>
[Collection(ClusterTests.Name)]
public sealed class NodeGrainTests(TestCluster cluster)
{
    [Fact]
    public async Task The_directory_knows_every_node_after_its_start_and_hears_of_changes()
    {
        cluster.Nodes.Add("default", 0, "P", "S1", "S2");
        cluster.Nodes["default", "S2"].Alive = false;
        await using var directory = new NodeDirectory(cluster.Grains, TestCluster.Options, TimeProvider.System, NullLogger<NodeDirectory>.Instance);
        Assert.Null(directory.Find("default"));

        await directory.StartAsync(default);

        Assert.Equal([true, true, false], directory.Find("default")!.Nodes.Select(n => n.Healthy).ToArray());
        var version = directory.Version;
        cluster.Nodes["default", "P"].Alive = false;
        await cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey("default", "P").ToString()).SuspectAsync("connection lost", default);
        await Bench.EventuallyAsync(() => Task.FromResult(!directory.Find("default")!.Nodes[0].Healthy), "told that P is down");
        Assert.True(directory.Version > version);
        Assert.Equal("connection refused", directory.Find("default")!.Nodes[0].Reason);

        cluster.Nodes["default", "P"].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(directory.Find("default")!.Nodes[0].Healthy), "told that P is back");
        Assert.True((await cluster.Grains.GetGrain<IVirtualStorageGrain>("default").GetAsync(default)).Version >= 3);
    }

    [Fact]
    public async Task A_node_that_is_late_is_asked_once_more_before_it_counts_as_lost()
    {
        cluster.Nodes.Add("silences", 0, "P", "S1");
        foreach (var (storage, silences) in new[] { ("P", 1), ("S1", 2) })
        {
            var grain = cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey("silences", storage).ToString());
            Assert.True((await grain.WatchAsync(default)).Healthy);
            cluster.Nodes["silences", storage].Silences = silences;
            await grain.SuspectAsync("no answer", default);
            // A probe by the timer may have taken a silence, and shared its answer.
            var health = await grain.WatchAsync(default);
            Assert.Equal((silences == 1, silences == 2), (health.Healthy, health.Silent));
        }
    }

    [Fact]
    public async Task A_node_that_refused_and_then_answers_nothing_is_silent_until_it_is_healthy()
    {
        var bench = new Bench(cluster, 0, "r1");
        var grain = cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey(bench.VirtualStorage, "r1").ToString());
        bench["r1"].Alive = false;
        var refused = await grain.WatchAsync(default);
        Assert.Equal((false, false), (refused.Healthy, refused.Silent));

        bench["r1"].Silences = 2;
        await Bench.EventuallyAsync(async () => (await grain.WatchAsync(default)).Silent, "silent");
        Assert.True((await grain.WatchAsync(default)).Since > refused.Since);
        await grain.SuspectAsync("refuses again", default);
        Assert.True((await grain.WatchAsync(default)).Silent);

        bench["r1"].Alive = true;
        await Bench.EventuallyAsync(async () => (await grain.WatchAsync(default)) is { Healthy: true, Silent: false }, "healthy");
    }

    [Fact]
    public async Task One_failed_probe_makes_a_node_unhealthy_and_one_answered_probe_healthy_again()
    {
        var bench = new Bench(cluster, 0, "g1", "g2");
        var nodes = bench.Storages.Select(s => cluster.Grains.GetGrain<IStorageNodeGrain>(new NodeKey(bench.VirtualStorage, s).ToString())).ToArray();
        foreach (var step in new[] { "-+", "+-", "++", "-+", "--", "++" })
        {
            for (var i = 0; i < nodes.Length; i++)
            {
                bench[bench.Storages[i]].Alive = step[i] == '+';
                await nodes[i].SuspectAsync("asked by the test", default);
            }

            // A probe that was under way before is shared by those who ask; the next one sees the new state.
            await Bench.EventuallyAsync(async () => step == string.Concat((await Task.WhenAll(nodes.Select(n => n.WatchAsync(default)))).Select(h => h.Healthy ? '+' : '-')), step);
        }

        Assert.Equal("connection refused", await ReasonAsync());

        async Task<string> ReasonAsync()
        {
            bench["g1"].Alive = false;
            await nodes[0].SuspectAsync("asked by the test", default);
            await Bench.EventuallyAsync(async () => !(await nodes[0].WatchAsync(default)).Healthy, "g1 is seen to be down");
            Assert.False((await nodes[0].WatchAsync(default)).Silent);
            return (await nodes[0].WatchAsync(default)).Reason;
        }
    }

    [Fact]
    public async Task A_virtual_storage_that_is_not_configured_is_not_found()
    {
        var grain = cluster.Grains.GetGrain<IVirtualStorageGrain>("nobody");
        var failure = await Assert.ThrowsAsync<RouteException>(() => grain.GetAsync(default));
        Assert.Equal(RouteFailure.VirtualStorageNotFound, failure.Failure);
    }

    [Fact]
    public async Task Ids_are_unique_and_a_block_of_them_costs_one_write()
    {
        var grain = cluster.Grains.GetGrain<IRepositoryIdGrain>(0);
        var ids = await Task.WhenAll(Enumerable.Range(0, 250).Select(_ => grain.ReserveAsync(default)));
        Assert.Equal(250, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(id >= 1));
    }

    [Fact]
    public void Options_name_every_mistake_at_once()
    {
        var errors = new GrainOptions
        {
            VirtualStorages = [new VirtualStorageOptions { Name = "a", Storages = ["x", "x"], DefaultReplicationFactor = 3 }],
            MaxOpenWrites = 0,
            WriteLease = TimeSpan.Zero,
        }.Validate();
        Assert.Equal(4, errors.Length);
        Assert.Empty(TestCluster.Options.Validate());
    }
}
