using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Maintenance calls.</summary>
public sealed class Housekeeping
{
    [Fact]
    public async Task Housekeeping_reaches_every_replica_and_reports_the_first_error()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        cluster.Nodes[0].Answers(Methods.Repository.OptimizeRepository, new OptimizeRepositoryResponse());
        cluster.Nodes[1].Fails(Methods.Repository.OptimizeRepository, new GrpcStatus(GrpcStatusCode.NotFound, "first"));
        cluster.Nodes[2].Fails(Methods.Repository.OptimizeRepository, new GrpcStatus(GrpcStatusCode.Internal, "second"));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.OptimizeRepository, new OptimizeRepositoryRequest { Repository = TestCluster.Target }, OptimizeRepositoryResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "first"), (e.Status.Code, e.Status.Message));
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
    }
}
