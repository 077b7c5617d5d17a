using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class OwnAnswers
{
    private static ServerInfoResponse Info(string storage) => new()
    {
        ServerVersion = "16.11.6",
        GitVersion = "2.44",
        StorageStatuses = { new ServerInfoResponse.Types.StorageStatus { StorageName = storage, Readable = true, Writeable = true } },
    };

    [Fact]
    public async Task Server_info_shows_each_virtual_storage_as_one_storage()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.Answers(Methods.Server.ServerInfo, Info(node.Storage));
        var answer = await cluster.Client.UnaryAsync(Methods.Server.ServerInfo, new ServerInfoRequest(), ServerInfoResponse.Parser, null, default);
        var status = Assert.Single(answer.StorageStatuses);
        Assert.Equal((TestCluster.VirtualStorage, 2u, true), (status.StorageName, status.ReplicationFactor, Guid.TryParse(status.FilesystemId, out var id) && id.Version == 5));
        Assert.Equal("16.11.6", answer.ServerVersion);
    }

    [Fact]
    public async Task Disk_statistics_name_every_node_and_fail_with_the_one_that_fails()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
        {
            node.Answers(Methods.Server.DiskStatistics, new DiskStatisticsResponse
            {
                StorageStatuses = { new DiskStatisticsResponse.Types.StorageStatus { StorageName = node.Storage, Used = 1 } },
            });
        }

        var answer = await cluster.Client.UnaryAsync(Methods.Server.DiskStatistics, new DiskStatisticsRequest(), DiskStatisticsResponse.Parser, null, default);
        Assert.Equal("gitaly-1 gitaly-2", string.Join(' ', answer.StorageStatuses.Select(s => s.StorageName).Order(StringComparer.Ordinal)));
        cluster.Nodes[1].Fails(Methods.Server.DiskStatistics, new GrpcStatus(GrpcStatusCode.Unknown, "disk"));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Server.DiskStatistics, new DiskStatisticsRequest(), DiskStatisticsResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.Internal, "error when requesting disk statistics from internal storage gitaly-2"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_replication_never_links_the_copy_to_a_pool()
    {
        await using var cluster = await TestCluster.StartAsync();
        ReplicateRepositoryRequest? seen = null;
        cluster.Nodes[0].On(Methods.Repository.ReplicateRepository, async http =>
        {
            using var frame = await FakeNode.FirstAsync(http);
            seen = ReplicateRepositoryRequest.Parser.ParseFrom(frame!.Message.Span);
            await FakeNode.SendAsync(http, new ReplicateRepositoryResponse());
        });
        var request = new ReplicateRepositoryRequest
        {
            Repository = TestCluster.Target,
            Source = new Repository { StorageName = "elsewhere", RelativePath = "x" },
            ReplicateObjectDeduplicationNetworkMembership = true,
        };
        await cluster.Client.UnaryAsync(Methods.Repository.ReplicateRepository, request, ReplicateRepositoryResponse.Parser, null, default);
        Assert.False(seen!.ReplicateObjectDeduplicationNetworkMembership);
        Assert.Equal("elsewhere", seen.Source.StorageName);
        Assert.True(cluster.Repository.Creation!.Upsert);
    }
}
