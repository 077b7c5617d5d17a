using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Maintenance calls.</summary>
public sealed class Housekeeping
{
    private static Task<OptimizeRepositoryResponse> OptimizeAsync(TestCluster cluster) => cluster.Client.UnaryAsync(
        Methods.Repository.OptimizeRepository, new OptimizeRepositoryRequest { Repository = TestCluster.Target }, OptimizeRepositoryResponse.Parser, null, default);

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("primary error", null, "primary error")]
    [InlineData(null, "secondary error", "secondary error")]
    [InlineData("primary error", "secondary error", "primary error")]
    public async Task Housekeeping_reaches_every_replica_and_reports_the_first_error(string? primary, string? secondary, string? then)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var (node, error) in cluster.Nodes.Zip([primary, secondary]))
        {
            if (error is null)
                node.Answers(Methods.Repository.OptimizeRepository, new OptimizeRepositoryResponse());
            else
                node.Fails(Methods.Repository.OptimizeRepository, new GrpcStatus(GrpcStatusCode.NotFound, error));
        }

        var e = await Record.ExceptionAsync(() => OptimizeAsync(cluster)) as GrpcException;
        Assert.Equal(then is null ? GrpcStatusCode.OK : GrpcStatusCode.NotFound, e?.Status.Code ?? GrpcStatusCode.OK);
        Assert.Equal(then, e?.Status.Message);
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
    }

    [Theory]
    [InlineData(Methods.Repository.OptimizeRepository)]
    [InlineData(Methods.Repository.PruneUnreachableObjects)]
    public async Task Each_node_gets_the_call_once_as_its_own(string path)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, Repository>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            node.On(path, async http =>
            {
                using var frame = await FakeNode.FirstAsync(http);
                // Both requests have the repository in field 1.
                seen[node.Storage] = OptimizeRepositoryRequest.Parser.ParseFrom(frame!.Message.Span).Repository;
                await FakeNode.SendAsync(http, new OptimizeRepositoryResponse());
            });
        }

        await cluster.Client.UnaryAsync(path, new OptimizeRepositoryRequest { Repository = TestCluster.Target }, OptimizeRepositoryResponse.Parser, null, default);
        foreach (var node in cluster.Nodes)
        {
            Assert.Single(node.Requests);
            Assert.Equal((node.Storage, FakeRepository.ReplicaPath), (seen[node.Storage].StorageName, seen[node.Storage].RelativePath));
        }
    }

    [Theory]
    [InlineData(RouteFailure.RepositoryNotFound, GrpcStatusCode.NotFound, "repository not found")]
    [InlineData(RouteFailure.NoHealthyNodes, GrpcStatusCode.Internal, "routing repository maintenance: no healthy nodes")]
    public async Task Housekeeping_that_cannot_be_routed_says_why(RouteFailure failure, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = failure;
        var e = await Assert.ThrowsAsync<GrpcException>(() => OptimizeAsync(cluster));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
    }
}
