using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Calls that name a storage and no repository.</summary>
public sealed class StorageScopedCalls
{
    private const string ListPartitions = "/gitaly.PartitionService/ListPartitions";

    // The request's field 1 is the storage name, as WalkReposRequest's is.
    private static Task<WalkReposResponse> AskAsync(TestCluster cluster) => cluster.Client.UnaryAsync(
        ListPartitions, new WalkReposRequest { StorageName = TestCluster.VirtualStorage }, WalkReposResponse.Parser, null, default);

    [Fact]
    public async Task A_read_goes_to_a_healthy_node_under_its_own_name()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Grains.Unhealthy = ["gitaly-1"];
        var seen = string.Empty;
        cluster.Nodes[1].On(ListPartitions, async http =>
        {
            using var frame = await FakeNode.FirstAsync(http);
            seen = WalkReposRequest.Parser.ParseFrom(frame!.Message.Span).StorageName;
            await FakeNode.SendAsync(http, new WalkReposResponse());
        });
        for (var i = 0; i < 8; i++)
            await AskAsync(cluster);
        Assert.Equal("gitaly-2", seen);
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task Reads_spread_over_the_healthy_nodes()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.Answers(ListPartitions, new WalkReposResponse());
        for (var i = 0; i < 32; i++)
            await AskAsync(cluster);
        Assert.All(cluster.Nodes, n => Assert.NotEmpty(n.Requests));
    }

    [Fact]
    public async Task Without_a_healthy_node_a_read_says_so()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Grains.Unhealthy = ["gitaly-1"];
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal(
            (GrpcStatusCode.Internal, "accessor storage scoped: route storage accessor \"default\": no healthy nodes"), (e.Status.Code, e.Status.Message));
    }
}
