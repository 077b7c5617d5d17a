using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Repositories that are deleted.</summary>
public sealed class Removals
{
    [Fact]
    public async Task A_removed_repository_is_gone_from_the_disks_and_removed_once()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Answers(Methods.Repository.RemoveRepository, new RemoveRepositoryResponse());
        cluster.Nodes[1].Fails(Methods.Repository.RemoveRepository, new GrpcStatus(GrpcStatusCode.Internal, "disk"));
        var request = new RemoveRepositoryRequest { Repository = TestCluster.Target };
        await cluster.Client.UnaryAsync(Methods.Repository.RemoveRepository, request, RemoveRepositoryResponse.Parser, null, default);
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.RemoveRepository, request, RemoveRepositoryResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "repository does not exist"), (e.Status.Code, e.Status.Message));
    }
}
