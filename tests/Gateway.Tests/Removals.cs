using Microsoft.Extensions.Logging;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Repositories that are deleted: the record first, then the disks.</summary>
public sealed class Removals
{
    private const string Pool = "@pools/ab/cd/abcd000000000000000000000000000000000000000000000000000000000000.git";

    private static Task<RemoveRepositoryResponse> RemoveAsync(TestCluster cluster, Repository? repository) => cluster.Client.UnaryAsync(
        Methods.Repository.RemoveRepository, new RemoveRepositoryRequest { Repository = repository }, RemoveRepositoryResponse.Parser, null, default);

    private static Task<DeleteObjectPoolResponse> DeletePoolAsync(TestCluster cluster, ObjectPool? pool) => cluster.Client.UnaryAsync(
        Methods.ObjectPool.DeleteObjectPool, new DeleteObjectPoolRequest { ObjectPool = pool }, DeleteObjectPoolResponse.Parser, null, default);

    private static Task<RemoveAllResponse> RemoveAllAsync(TestCluster cluster, string storage) => cluster.Client.UnaryAsync(
        Methods.Repository.RemoveAll, new RemoveAllRequest { StorageName = storage }, RemoveAllResponse.Parser, null, default);

    private static Repository At(string path) => new() { StorageName = TestCluster.VirtualStorage, RelativePath = path };

    [Fact]
    public async Task A_removed_repository_is_gone_from_the_disks_and_removed_once()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Answers(Methods.Repository.RemoveRepository, new RemoveRepositoryResponse());
        cluster.Nodes[1].Fails(Methods.Repository.RemoveRepository, new GrpcStatus(GrpcStatusCode.Internal, "disk"));
        await RemoveAsync(cluster, TestCluster.Target);
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
        var e = await Assert.ThrowsAsync<GrpcException>(() => RemoveAsync(cluster, TestCluster.Target));
        Assert.Equal((GrpcStatusCode.NotFound, "repository does not exist"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task Nodes_know_whose_removal_it_is()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var options = new GrpcCallOptions { Metadata = new GrpcMetadata { { "x-gitlab-correlation-id", "id-1" }, { "authorization", "Bearer of-the-client" } } };
        await cluster.Client.UnaryAsync(
            Methods.Repository.RemoveRepository, new RemoveRepositoryRequest { Repository = TestCluster.Target }, RemoveRepositoryResponse.Parser, options, default);
        Assert.All(cluster.Nodes, n =>
        {
            var headers = Assert.Single(n.Requests).Headers;
            Assert.Equal("id-1", headers["x-gitlab-correlation-id"]);
            Assert.StartsWith("Bearer v2.", Assert.Single(headers.Authorization!), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(null, GrpcStatusCode.InvalidArgument, "repository not set")]
    [InlineData("other", GrpcStatusCode.NotFound, "repository does not exist")]
    [InlineData("", GrpcStatusCode.NotFound, "repository does not exist")]
    public async Task What_is_not_there_cannot_be_removed(string? storage, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        var e = await Assert.ThrowsAsync<GrpcException>(() => RemoveAsync(cluster, storage is null ? null : new Repository { StorageName = storage, RelativePath = "a" }));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_replica_on_a_storage_that_is_not_configured_any_more_is_left_there()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.RemoveRepository, new RemoveRepositoryResponse());
        cluster.Repository.Removed = new RemovedRepository("@cluster/x", ["gitaly-1", "gitaly-9"]);
        await RemoveAsync(cluster, TestCluster.Target);
        Assert.Single(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task A_pool_is_deleted_where_it_can_be_and_the_rest_is_logged()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Answers(Methods.ObjectPool.DeleteObjectPool, new DeleteObjectPoolResponse());
        await DeletePoolAsync(cluster, new ObjectPool { Repository = At(Pool) });
        Assert.All(cluster.Nodes, n => Assert.Equal(Methods.ObjectPool.DeleteObjectPool, Assert.Single(n.Requests).Path));
        var line = Assert.Single(cluster.Logs.Lines, l => l.Text.StartsWith("failed deleting repository", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Error, line.Level);
        Assert.Equal((TestCluster.VirtualStorage, Pool, "gitaly-2"), (line.Fields["VirtualStorage"], line.Fields["RelativePath"], line.Fields["Storage"]));
        cluster.Grains.At(TestCluster.VirtualStorage, Pool).Exists = false;
        await DeletePoolAsync(cluster, new ObjectPool { Repository = At(Pool) });
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
    }

    [Fact]
    public async Task Only_pools_are_deleted_as_pools()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var pool in new[] { null, new ObjectPool() })
        {
            var unset = await Assert.ThrowsAsync<GrpcException>(() => DeletePoolAsync(cluster, pool));
            Assert.Equal((GrpcStatusCode.InvalidArgument, "no object pool repository"), (unset.Status.Code, unset.Status.Message));
        }

        var other = await Assert.ThrowsAsync<GrpcException>(() => DeletePoolAsync(cluster, new ObjectPool { Repository = TestCluster.Target }));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "invalid object pool directory"), (other.Status.Code, other.Status.Message));
        Assert.True(cluster.Repository.Exists);
    }

    [Fact]
    public async Task Everything_in_a_virtual_storage_can_be_removed_at_once()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var asked = new System.Collections.Concurrent.ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            node.On(Methods.Repository.RemoveAll, async http =>
            {
                using var frame = await FakeNode.FirstAsync(http);
                asked[node.Storage] = RemoveAllRequest.Parser.ParseFrom(frame!.Message.Span).StorageName;
                await FakeNode.SendAsync(http, new RemoveAllResponse());
            });
        }

        for (var i = 1; i <= 100; i++)
            cluster.Catalogue.Repositories[i] = new RepositoryKey(TestCluster.VirtualStorage, $"{i}.git");
        cluster.Catalogue.Repositories[101] = new RepositoryKey("other", "x.git");
        await RemoveAllAsync(cluster, TestCluster.VirtualStorage);
        Assert.All(Enumerable.Range(1, 100), i => Assert.False(cluster.Grains.At(TestCluster.VirtualStorage, $"{i}.git").Exists));
        Assert.True(cluster.Grains.At("other", "x.git").Exists);
        Assert.All(cluster.Nodes, n => Assert.Equal(n.Storage, asked[n.Storage]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("other")]
    public async Task A_virtual_storage_that_is_not_there_is_empty(string storage)
    {
        await using var cluster = await TestCluster.StartAsync();
        await RemoveAllAsync(cluster, storage);
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task No_disk_is_emptied_while_a_record_stands()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Catalogue.Repositories[1] = new RepositoryKey(TestCluster.VirtualStorage, "a.git");
        cluster.Grains.At(TestCluster.VirtualStorage, "a.git").RemoveFails = RouteFailure.StoreUnavailable;
        var e = await Assert.ThrowsAsync<GrpcException>(() => RemoveAllAsync(cluster, TestCluster.VirtualStorage));
        Assert.Equal(
            (GrpcStatusCode.Unavailable, "delete all db repositories: repository state could not be stored, try again"), (e.Status.Code, e.Status.Message));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task The_first_error_of_a_node_is_the_answer()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Fails(Methods.Repository.RemoveAll, new GrpcStatus(GrpcStatusCode.NotFound, "first"));
        cluster.Nodes[1].Fails(Methods.Repository.RemoveAll, new GrpcStatus(GrpcStatusCode.Internal, "second"));
        var e = await Assert.ThrowsAsync<GrpcException>(() => RemoveAllAsync(cluster, TestCluster.VirtualStorage));
        Assert.Equal((GrpcStatusCode.NotFound, "first"), (e.Status.Code, e.Status.Message));
    }
}
