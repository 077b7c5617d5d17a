using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Repositories;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>WalkRepos.</summary>
public sealed class RepositoryWalks
{
    private static async Task<List<WalkReposResponse>> WalkAsync(TestCluster cluster, string storage)
    {
        await using var call = await OpenAsync(cluster, storage);
        var answers = new List<WalkReposResponse>();
        await foreach (var answer in call.ReadAllAsync(default))
            answers.Add(answer);
        return answers;
    }

    private static async Task<GrpcClientCall<WalkReposRequest, WalkReposResponse>> OpenAsync(TestCluster cluster, string storage)
    {
        var call = cluster.Client.Open<WalkReposRequest, WalkReposResponse>(Methods.InternalGitaly.WalkRepos, WalkReposResponse.Parser, null, default);
        await call.WriteAsync(new WalkReposRequest { StorageName = storage }, default);
        await call.CompleteAsync(default);
        return call;
    }

    [Fact]
    public async Task Every_repository_on_record_is_named_without_a_time_and_no_node_is_asked()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Catalogue.Repositories[1] = new RepositoryKey(TestCluster.VirtualStorage, "b.git");
        cluster.Catalogue.Repositories[2] = new RepositoryKey(TestCluster.VirtualStorage, "a.git");
        cluster.Catalogue.Repositories[3] = new RepositoryKey("other", "c.git");
        var answers = await WalkAsync(cluster, TestCluster.VirtualStorage);
        Assert.Equal("a.git b.git", string.Join(' ', answers.Select(a => a.RelativePath)));
        Assert.All(answers, a => Assert.Null(a.ModificationTime));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task An_unknown_virtual_storage_has_no_repositories_and_none_at_all_is_an_error()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Empty(await WalkAsync(cluster, "nowhere"));
        var e = await Assert.ThrowsAsync<GrpcException>(() => WalkAsync(cluster, string.Empty));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "storage name not set"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_client_that_reads_slowly_slows_the_walk()
    {
        await using var cluster = await TestCluster.StartAsync();
        for (var i = 0; i < 20_000; i++)
            cluster.Catalogue.Repositories[i] = new RepositoryKey(TestCluster.VirtualStorage, $"{i}{new string('x', 1000)}");
        await using var call = await OpenAsync(cluster, TestCluster.VirtualStorage);
        await using var answers = call.ReadAllAsync(default).GetAsyncEnumerator();
        Assert.True(await answers.MoveNextAsync());
        // The walk stands still once the windows are full: two equal looks in a row, far from the end.
        var (before, now) = (-1, 0);
        while (before != now)
        {
            await Task.Delay(200);
            (before, now) = (now, cluster.Catalogue.Read);
        }

        Assert.InRange(now, 1, 10_000);
    }
}
