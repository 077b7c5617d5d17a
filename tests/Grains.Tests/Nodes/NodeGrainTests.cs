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
            Assert.Equal(silences == 1, (await grain.WatchAsync(default)).Healthy);
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
