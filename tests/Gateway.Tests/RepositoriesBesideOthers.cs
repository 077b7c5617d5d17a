using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Forks and object pools live where their sources do.</summary>
public sealed class RepositoriesBesideOthers
{
    private static Task<FetchIntoObjectPoolResponse> FetchAsync(TestCluster cluster, string storage, string origin) => cluster.Client.UnaryAsync(
        Methods.ObjectPool.FetchIntoObjectPool,
        new FetchIntoObjectPoolRequest
        {
            ObjectPool = new ObjectPool { Repository = TestCluster.Target },
            Origin = new Repository { StorageName = storage, RelativePath = origin },
        },
        FetchIntoObjectPoolResponse.Parser, null, default);

    [Fact]
    public async Task A_fork_is_placed_beside_its_source_and_the_nodes_are_told()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.CreateFork, new CreateForkResponse());
        var placement = new Placement("@cluster/repositories/aa/bb/9", "gitaly-1", ["gitaly-1"], [], true);
        cluster.Grains.At(TestCluster.VirtualStorage, "source.git").Placement = placement;
        var request = new CreateForkRequest
        {
            Repository = TestCluster.Target,
            SourceRepository = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "source.git" },
        };
        await cluster.Client.UnaryAsync(Methods.Repository.CreateFork, request, CreateForkResponse.Parser, null, default);
        Assert.Equal(placement, cluster.Repository.Creation!.Beside);
        Assert.Equal(placement.ReplicaPath, Assert.Single(cluster.Nodes[0].Requests).Headers["gitaly-partitioning-hint"]);
    }

    [Fact]
    public async Task A_link_to_a_pool_is_made_only_where_the_pool_is_up_to_date()
    {
        await using var cluster = await TestCluster.StartAsync();
        LinkRepositoryToObjectPoolRequest? seen = null;
        cluster.Nodes[0].On(Methods.ObjectPool.LinkRepositoryToObjectPool, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            seen = LinkRepositoryToObjectPoolRequest.Parser.ParseFrom(first!.Message.Span);
            await FakeNode.SendAsync(http, new LinkRepositoryToObjectPoolResponse());
        });
        cluster.Grains.At(TestCluster.VirtualStorage, "pool.git").Placement = new Placement("@cluster/pools/aa/bb/9", "gitaly-1", ["gitaly-1"], ["gitaly-2"], true);
        await cluster.Client.UnaryAsync(
            Methods.ObjectPool.LinkRepositoryToObjectPool,
            new LinkRepositoryToObjectPoolRequest
            {
                Repository = TestCluster.Target,
                ObjectPool = new ObjectPool { Repository = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "pool.git" } },
            },
            LinkRepositoryToObjectPoolResponse.Parser, null, default);
        Assert.Equal("gitaly-1", Assert.Single(cluster.Repository.Mutator!.Beside!.Value));
        Assert.Equal(("gitaly-1", "@cluster/pools/aa/bb/9"), (seen!.ObjectPool.Repository.StorageName, seen.ObjectPool.Repository.RelativePath));
        Assert.Equal(("gitaly-1", FakeRepository.ReplicaPath), (seen.Repository.StorageName, seen.Repository.RelativePath));
    }

    [Fact]
    public async Task A_hint_says_where_a_repository_belongs_and_restricts_no_write()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.WriteRef, new WriteRefResponse());
        cluster.Grains.At(TestCluster.VirtualStorage, "pool.git").Placement = new Placement("@cluster/pools/aa/bb/9", "gitaly-1", [], ["gitaly-1"], true);
        await cluster.Client.UnaryAsync(
            Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser,
            new GrpcCallOptions { Metadata = new GrpcMetadata { { "gitaly-partitioning-hint", "pool.git" } } }, default);
        Assert.Null(cluster.Repository.Mutator!.Beside);
        Assert.Equal("@cluster/pools/aa/bb/9", Assert.Single(cluster.Nodes[0].Requests).Headers["gitaly-partitioning-hint"]);
    }

    [Fact]
    public async Task A_fetch_into_a_pool_names_pool_and_origin_as_the_node_has_them()
    {
        await using var cluster = await TestCluster.StartAsync();
        FetchIntoObjectPoolRequest? seen = null;
        cluster.Nodes[0].On(Methods.ObjectPool.FetchIntoObjectPool, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            seen = FetchIntoObjectPoolRequest.Parser.ParseFrom(first!.Message.Span);
            await FakeNode.SendAsync(http, new FetchIntoObjectPoolResponse());
        });
        cluster.Grains.At(TestCluster.VirtualStorage, "origin.git").Placement = new Placement("@cluster/repositories/aa/bb/9", "gitaly-1", ["gitaly-1"], [], true);
        await FetchAsync(cluster, TestCluster.VirtualStorage, "origin.git");
        Assert.Equal(("gitaly-1", FakeRepository.ReplicaPath), (seen!.ObjectPool.Repository.StorageName, seen.ObjectPool.Repository.RelativePath));
        Assert.Equal(("gitaly-1", "@cluster/repositories/aa/bb/9"), (seen.Origin.StorageName, seen.Origin.RelativePath));
    }

    [Theory]
    [InlineData(
        TestCluster.VirtualStorage, GrpcStatusCode.NotFound,
        "mutator call: route repository mutator: resolve additional replica path: additional repository not found")]
    [InlineData("other", GrpcStatusCode.InvalidArgument, "resolving additional repository on different storage than target repository is not supported")]
    public async Task A_fetch_from_an_unknown_origin_or_one_elsewhere_is_refused(string storage, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        var e = await Assert.ThrowsAsync<GrpcException>(() => FetchAsync(cluster, storage, "unknown.git"));
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
        Assert.Null(cluster.Repository.Mutator);
    }

    [Fact]
    public async Task A_pool_is_created_beside_its_origin()
    {
        await using var cluster = await TestCluster.StartAsync();
        CreateObjectPoolRequest? seen = null;
        cluster.Nodes[0].On(Methods.ObjectPool.CreateObjectPool, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            seen = CreateObjectPoolRequest.Parser.ParseFrom(first!.Message.Span);
            await FakeNode.SendAsync(http, new CreateObjectPoolResponse());
        });
        var placement = new Placement("@cluster/repositories/aa/bb/9", "gitaly-1", ["gitaly-1"], [], true);
        cluster.Grains.At(TestCluster.VirtualStorage, "origin.git").Placement = placement;
        var request = new CreateObjectPoolRequest
        {
            ObjectPool = new ObjectPool { Repository = TestCluster.Target },
            Origin = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "origin.git" },
        };
        await cluster.Client.UnaryAsync(Methods.ObjectPool.CreateObjectPool, request, CreateObjectPoolResponse.Parser, null, default);
        Assert.Equal((placement, false), (cluster.Repository.Creation!.Beside, cluster.Repository.Creation.Votes));
        Assert.Equal(("gitaly-1", FakeRepository.ReplicaPath), (seen!.ObjectPool.Repository.StorageName, seen.ObjectPool.Repository.RelativePath));
        Assert.Equal(("gitaly-1", placement.ReplicaPath), (seen.Origin.StorageName, seen.Origin.RelativePath));
    }

    [Theory]
    [InlineData(Methods.Repository.CreateFork)]
    [InlineData(Methods.Repository.ReplicateRepository)]
    public async Task A_hint_to_an_unknown_repository_or_several_hints_are_refused(string path)
    {
        await using var cluster = await TestCluster.StartAsync();
        async Task<(GrpcStatusCode, string)> AskAsync(params string[] hints)
        {
            var metadata = new GrpcMetadata();
            foreach (var hint in hints)
                metadata.Add("gitaly-partitioning-hint", hint);
            var request = new CreateForkRequest { Repository = TestCluster.Target };
            var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
                path, request, CreateForkResponse.Parser, new GrpcCallOptions { Metadata = metadata }, default));
            return (e.Status.Code, e.Status.Message);
        }

        Assert.Equal((GrpcStatusCode.NotFound, "route repository creation: additional repository not found"), await AskAsync("unknown.git"));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "more than one gitaly-partitioning-hint given"), await AskAsync("a.git", "b.git"));
    }

    [Fact]
    public async Task A_pool_beside_an_unknown_origin_or_one_elsewhere_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var request = new CreateObjectPoolRequest
        {
            ObjectPool = new ObjectPool { Repository = TestCluster.Target },
            Origin = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "unknown.git" },
        };
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.ObjectPool.CreateObjectPool, request, CreateObjectPoolResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "route repository creation: additional repository not found"), (e.Status.Code, e.Status.Message));
        request.Origin.StorageName = "other";
        e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.ObjectPool.CreateObjectPool, request, CreateObjectPoolResponse.Parser, null, default));
        Assert.Equal(
            (GrpcStatusCode.InvalidArgument, "resolving additional repository on different storage than target repository is not supported"), (e.Status.Code, e.Status.Message));
    }
}
