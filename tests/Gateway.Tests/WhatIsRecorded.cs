using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>PraefectInfoService.</summary>
public sealed class WhatIsRecorded : IAsyncLifetime
{
    private static readonly RepositoryKey Key = new(TestCluster.VirtualStorage, TestCluster.Path);
    private readonly ScriptedCatalogue _catalogue = new() { Ids = { [7] = Key } };
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(nodes: 3, add: services => services.Replace(ServiceDescriptor.Singleton<IRepositoryCatalogue>(_catalogue)));
        _cluster.Repository.Metadata = new RepositoryMetadata(7, Key, FakeRepository.ReplicaPath, "gitaly-1", 3,
        [
            new ReplicaMetadata("gitaly-1", 3, true, true, true, DateTimeOffset.UnixEpoch),
            new ReplicaMetadata("gitaly-2", 2, true, true, false, null),
            new ReplicaMetadata("gitaly-3", -1, false, true, false, null),
        ]);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Metadata_is_found_by_id_and_by_path()
    {
        var byId = await MetadataAsync(new GetRepositoryMetadataRequest { RepositoryId = 7 });
        var byPath = await MetadataAsync(new GetRepositoryMetadataRequest
        {
            Path = new GetRepositoryMetadataRequest.Types.Path { VirtualStorage = Key.VirtualStorage, RelativePath = Key.RelativePath },
        });
        Assert.Equal(byId, byPath);
        Assert.Equal((7, "gitaly-1", 3, FakeRepository.ReplicaPath), (byId.RepositoryId, byId.Primary, byId.Generation, byId.ReplicaPath));
        Assert.Equal([("gitaly-1", 3L, true), ("gitaly-2", 2, true), ("gitaly-3", -1, false)], byId.Replicas.Select(r => (r.Storage, r.Generation, r.Assigned)));
        Assert.Equal(0, byId.Replicas[0].VerifiedAt.Seconds);
        Assert.Null(byId.Replicas[1].VerifiedAt);
    }

    [Fact]
    public async Task Metadata_of_nothing_is_refused_in_praefects_words()
    {
        await RefusedAsync(GrpcStatusCode.NotFound, "repository not found", () => MetadataAsync(new GetRepositoryMetadataRequest { RepositoryId = 8 }));
        await RefusedAsync(GrpcStatusCode.Internal, "unknown query type: <nil>", () => MetadataAsync(new GetRepositoryMetadataRequest()));
        _cluster.Repository.Metadata = null;
        await RefusedAsync(GrpcStatusCode.NotFound, "repository not found", () => MetadataAsync(new GetRepositoryMetadataRequest { RepositoryId = 7 }));
    }

    [Fact]
    public async Task A_replication_factor_is_set_by_the_grain_and_its_refusal_is_prefixed()
    {
        var request = new SetReplicationFactorRequest { VirtualStorage = Key.VirtualStorage, RelativePath = Key.RelativePath, ReplicationFactor = 2 };
        Assert.Equal(["gitaly-1", "gitaly-2"], (await FactorAsync(request)).Storages);
        _cluster.Repository.Refusal = new RouteException(RouteFailure.InvalidReplicationFactor, "attempted to set replication factor 0 but minimum is 1");
        await RefusedAsync(
            GrpcStatusCode.InvalidArgument, "set replication factor: attempted to set replication factor 0 but minimum is 1", () => FactorAsync(request));
    }

    [Fact]
    public async Task An_authoritative_storage_is_set_or_refused_in_the_grains_words()
    {
        var request = new SetAuthoritativeStorageRequest { VirtualStorage = Key.VirtualStorage, RelativePath = Key.RelativePath, AuthoritativeStorage = "gitaly-2" };
        await CallAsync(Methods.PraefectInfo.SetAuthoritativeStorage, request, SetAuthoritativeStorageResponse.Parser);
        _cluster.Repository.Refusal = new RouteException(RouteFailure.StorageNotFound, "unknown authoritative storage: \"x\"");
        await RefusedAsync(
            GrpcStatusCode.InvalidArgument, "unknown authoritative storage: \"x\"",
            () => CallAsync(Methods.PraefectInfo.SetAuthoritativeStorage, request, SetAuthoritativeStorageResponse.Parser));
    }

    [Fact]
    public async Task Replicas_are_marked_by_repository_by_storage_and_by_virtual_storage()
    {
        Assert.Equal(3, (await MarkAsync(new MarkUnverifiedRequest { RepositoryId = 7 })).ReplicasMarked);
        Assert.Equal(0, (await MarkAsync(new MarkUnverifiedRequest { RepositoryId = 8 })).ReplicasMarked);
        Assert.Equal(3, (await MarkAsync(new MarkUnverifiedRequest { VirtualStorage = Key.VirtualStorage })).ReplicasMarked);
        Assert.Equal(0, (await MarkAsync(new MarkUnverifiedRequest { VirtualStorage = "other" })).ReplicasMarked);

        // The catalogue says that the replica of repository 7 is unverified already, that of 8 is not.
        _catalogue.Ids[8] = new RepositoryKey(Key.VirtualStorage, "another.git");
        var storage = new MarkUnverifiedRequest.Types.Storage { VirtualStorage = Key.VirtualStorage, Storage_ = "gitaly-2" };
        Assert.Equal(1, (await MarkAsync(new MarkUnverifiedRequest { Storage = storage })).ReplicasMarked);
        Assert.Equal("gitaly-2", Assert.Single(_cluster.Grains.At(Key.VirtualStorage, "another.git").Marked));
        await RefusedAsync(GrpcStatusCode.Internal, "unknown selector: <nil>", () => MarkAsync(new MarkUnverifiedRequest()));
    }

    [Fact]
    public async Task Dataloss_is_streamed_in_pieces()
    {
        for (var i = 0; i < 450; i++)
        {
            _catalogue.Dataloss.Add(new DatalossEntry(i, $"r{i}", 5, "gitaly-1", i == 0,
                [new DatalossReplica("gitaly-1", true, false, 0), new DatalossReplica("gitaly-2", false, true, 0), new DatalossReplica("gitaly-3", true, true, 6)]));
        }

        var pieces = await DatalossAsync(new DatalossRequest { VirtualStorage = Key.VirtualStorage, IncludePartiallyReplicated = true });

        Assert.Equal([200, 200, 50], pieces.Select(p => p.Repositories.Count));
        Assert.True(_catalogue.IncludedPartial);
        var first = pieces[0].Repositories[0];
        Assert.Equal(("r0", true, "gitaly-1"), (first.RelativePath, first.Unavailable, first.Primary));
        Assert.Equal(
            [("gitaly-1", 0L, true, false, false), ("gitaly-2", 0, false, true, true), ("gitaly-3", 6, true, true, false)],
            first.Storages.Select(s => (s.Name, s.BehindBy, s.Assigned, s.Healthy, s.ValidPrimary)));
        await RefusedAsync(GrpcStatusCode.Internal, "unknown virtual storage: \"x\"", () => DatalossAsync(new DatalossRequest { VirtualStorage = "x" }));
    }

    [Fact]
    public async Task Checksums_of_all_assigned_replicas_are_compared_under_the_nodes_names()
    {
        foreach (var node in _cluster.Nodes)
            node.Answers(Methods.Repository.CalculateChecksum, new CalculateChecksumResponse { Checksum = node.Storage == "gitaly-2" ? "other" : "same" });
        var answer = await ReplicasAsync();
        Assert.Equal(("gitaly-1", TestCluster.Path, "same"), (answer.Primary.Repository.StorageName, answer.Primary.Repository.RelativePath, answer.Primary.Checksum));
        var replica = Assert.Single(answer.Replicas);
        Assert.Equal(("gitaly-2", TestCluster.Path, "other"), (replica.Repository.StorageName, replica.Repository.RelativePath, replica.Checksum));

        _cluster.Nodes[1].Fails(Methods.Repository.CalculateChecksum, new GrpcStatus(GrpcStatusCode.NotFound, "gone"));
        await RefusedAsync(GrpcStatusCode.Internal, "gone", ReplicasAsync);
    }

    [Fact]
    public async Task A_primary_that_is_not_assigned_has_no_replicas_to_compare()
    {
        _cluster.Repository.Metadata = _cluster.Repository.Metadata! with { Replicas = [new ReplicaMetadata("gitaly-2", 3, true, true, true, null)] };
        await RefusedAsync(GrpcStatusCode.Internal, "primary \"gitaly-1\" is not an assigned host", ReplicasAsync);
    }

    [Fact]
    public async Task A_repository_without_a_record_has_no_replicas_to_compare()
    {
        _cluster.Repository.Exists = false;
        await RefusedAsync(GrpcStatusCode.Internal, "get repository id: repository not found", ReplicasAsync);
    }

    private Task<RepositoryReplicasResponse> ReplicasAsync() =>
        CallAsync(Methods.PraefectInfo.RepositoryReplicas, new RepositoryReplicasRequest { Repository = TestCluster.Target }, RepositoryReplicasResponse.Parser);

    private Task<GetRepositoryMetadataResponse> MetadataAsync(GetRepositoryMetadataRequest request) =>
        CallAsync(Methods.PraefectInfo.GetRepositoryMetadata, request, GetRepositoryMetadataResponse.Parser);

    private Task<SetReplicationFactorResponse> FactorAsync(SetReplicationFactorRequest request) =>
        CallAsync(Methods.PraefectInfo.SetReplicationFactor, request, SetReplicationFactorResponse.Parser);

    private Task<MarkUnverifiedResponse> MarkAsync(MarkUnverifiedRequest request) => CallAsync(Methods.PraefectInfo.MarkUnverified, request, MarkUnverifiedResponse.Parser);

    private Task<TResponse> CallAsync<TRequest, TResponse>(string path, TRequest request, MessageParser<TResponse> parser)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse> => _cluster.Client.UnaryAsync(path, request, parser, null, default);

    private async Task<List<DatalossResponse>> DatalossAsync(DatalossRequest request)
    {
        await using var call = _cluster.Client.Open<DatalossRequest, DatalossResponse>(Methods.PraefectInfo.Dataloss, DatalossResponse.Parser, null, default);
        await call.WriteAsync(request, default);
        await call.CompleteAsync(default);
        var pieces = new List<DatalossResponse>();
        while (await call.ReadAsync(default) is { } piece)
            pieces.Add(piece);
        return pieces;
    }

    private static async Task RefusedAsync<T>(GrpcStatusCode code, string message, Func<Task<T>> call)
    {
        var e = await Assert.ThrowsAsync<GrpcException>(call);
        Assert.Equal((code, message), (e.Status.Code, e.Status.Message));
    }
}
