using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Tests;

/// <summary>Writes that are not carried out, each with its exact code and words.</summary>
public sealed class RefusedWrites
{
    [Fact]
    public async Task A_read_only_repository_refuses_writes()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = RouteFailure.ReadOnly;
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal((GrpcStatusCode.FailedPrecondition, "repository is in read-only mode"), (e.Status.Code, e.Status.Message));
    }
}
