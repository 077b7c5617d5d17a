using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>GetObjectPool.</summary>
public sealed class ObjectPoolLookups
{
    private static async Task<ObjectPool?> AskAsync(TestCluster cluster, Repository? repository) => (await cluster.Client.UnaryAsync(
        Methods.ObjectPool.GetObjectPool, new GetObjectPoolRequest { Repository = repository }, GetObjectPoolResponse.Parser, null, default)).ObjectPool;

    private static void Linked(TestCluster cluster, string? path) => cluster.Nodes[0].Answers(Methods.ObjectPool.GetObjectPool, new GetObjectPoolResponse
    {
        ObjectPool = path is null ? null : new ObjectPool { Repository = new Repository { StorageName = "gitaly-1", RelativePath = path } },
    });

    [Theory]
    [InlineData("@cluster/pools/aa/bb/7", "@pools/client/path.git")]
    [InlineData("@pools/a.git", "@pools/a.git")]
    [InlineData(null, null)]
    public async Task A_pool_is_answered_by_the_name_that_clients_know(string? onNode, string? then)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Catalogue.Repositories[7] = new RepositoryKey(TestCluster.VirtualStorage, "@pools/client/path.git");
        Linked(cluster, onNode);
        var pool = await AskAsync(cluster, TestCluster.Target);
        Assert.Equal(then, pool?.Repository.RelativePath);
        Assert.Equal(then is null ? null : TestCluster.VirtualStorage, pool?.Repository.StorageName);
    }

    [Theory]
    [InlineData("8")]
    [InlineData("9")]
    public async Task A_pool_without_a_record_in_the_virtual_storage_is_an_error(string id)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Catalogue.Repositories[9] = new RepositoryKey("other", "@pools/client/path.git");
        Linked(cluster, "@cluster/pools/aa/bb/" + id);
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster, TestCluster.Target));
        Assert.Equal((GrpcStatusCode.Internal, "get Praefect repository metadata: repository not found"), (e.Status.Code, e.Status.Message));
    }

    [Theory]
    [InlineData(null, null, GrpcStatusCode.InvalidArgument, "repository not set")]
    [InlineData("", "x", GrpcStatusCode.InvalidArgument, "repository not set")]
    [InlineData("default", "", GrpcStatusCode.InvalidArgument, "repository not set")]
    [InlineData("other", "x", GrpcStatusCode.InvalidArgument, "route RPC: virtual storage does not exist")]
    [InlineData("default", "unknown", GrpcStatusCode.NotFound, "route RPC: consistent storages: repository not found")]
    [InlineData("default", "nowhere", GrpcStatusCode.Internal, "route RPC: no suitable node to serve the request")]
    public async Task A_question_that_cannot_be_routed_says_why(string? storage, string? path, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Grains.At(TestCluster.VirtualStorage, "unknown").Exists = false;
        cluster.Grains.At(TestCluster.VirtualStorage, "nowhere").Accessor = _ => throw new RouteException(RouteFailure.NoSuitableNode, "x");
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster, storage is null ? null : new Repository { StorageName = storage, RelativePath = path }));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
    }
}
