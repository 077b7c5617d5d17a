using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Writes that are not carried out, each with its exact code and words.</summary>
public sealed class RefusedWrites
{
    [Theory]
    [InlineData(RouteFailure.ReadOnly, GrpcStatusCode.FailedPrecondition, "repository is in read-only mode")]
    [InlineData(RouteFailure.RepositoryNotFound, GrpcStatusCode.NotFound, "repository not found")]
    [InlineData(RouteFailure.NoHealthyNodes, GrpcStatusCode.Internal, "mutator call: route repository mutator: no healthy nodes")]
    [InlineData(RouteFailure.PrimaryNotHealthy, GrpcStatusCode.Internal, "mutator call: route repository mutator: primary gitaly is not healthy")]
    [InlineData(RouteFailure.NoPrimary, GrpcStatusCode.Internal, "mutator call: route repository mutator: no primary")]
    [InlineData(RouteFailure.PrimaryNotAssigned, GrpcStatusCode.Internal, "mutator call: route repository mutator: primary node is not assigned")]
    public async Task A_write_that_cannot_be_routed_says_why(RouteFailure failure, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = failure;
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Theory]
    [InlineData(RouteFailure.RepositoryAlreadyExists, GrpcStatusCode.AlreadyExists, "route repository creation: reserve repository id: repository already exists")]
    [InlineData(RouteFailure.NoHealthyNodes, GrpcStatusCode.Internal, "route repository creation: no healthy nodes")]
    [InlineData(RouteFailure.PrimaryNotHealthy, GrpcStatusCode.Internal, "route repository creation: primary gitaly is not healthy")]
    public async Task A_creation_that_cannot_be_routed_says_why(RouteFailure failure, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = failure;
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.CreateRepository, new CreateRepositoryRequest { Repository = TestCluster.Target }, CreateRepositoryResponse.Parser, null, default));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Theory]
    [InlineData(null, null, "repository not set")]
    [InlineData("", "a", "storage name not set")]
    [InlineData("default", "", "repository path not set")]
    [InlineData("", "", "repository not set")]
    public async Task A_replication_needs_its_target(string? storage, string? path, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        var target = storage is null ? null : new Repository { StorageName = storage, RelativePath = path };
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.ReplicateRepository, new ReplicateRepositoryRequest { Repository = target }, ReplicateRepositoryResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.InvalidArgument, message), (e.Status.Code, e.Status.Message));
    }
}
