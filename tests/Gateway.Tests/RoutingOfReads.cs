using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Framing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class RoutingOfReads
{
    private static readonly RefExistsRequest s_request = new() { Repository = TestCluster.Target, Ref = Google.Protobuf.ByteString.CopyFromUtf8("refs/heads/main") };

    private static Task<RefExistsResponse> AskAsync(TestCluster cluster, GrpcMetadata? metadata = null, TimeSpan? timeout = null, CancellationToken ct = default) =>
        cluster.Client.UnaryAsync(Methods.Ref.RefExists, s_request, RefExistsResponse.Parser, new GrpcCallOptions { Metadata = metadata, Timeout = timeout }, ct);

    private static FakeNode Answers(FakeNode node) => node.Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });

    [Fact]
    public async Task A_read_reaches_a_replica_with_its_storage_and_replica_path()
    {
        await using var cluster = await TestCluster.StartAsync();
        RefExistsRequest? seen = null;
        cluster.Nodes[0].On(Methods.Ref.RefExists, async http =>
        {
            using var frame = await FakeNode.FirstAsync(http);
            seen = RefExistsRequest.Parser.ParseFrom(frame!.Message.Span);
            await FakeNode.SendAsync(http, new RefExistsResponse { Value = true });
        });
        Assert.True((await AskAsync(cluster)).Value);
        Assert.Equal("gitaly-1", seen!.Repository.StorageName);
        Assert.Equal(FakeRepository.ReplicaPath, seen.Repository.RelativePath);
        Assert.Equal("refs/heads/main", seen.Ref.ToStringUtf8());
    }

    [Fact]
    public async Task Metadata_passes_and_what_is_the_gateways_is_replaced()
    {
        await using var cluster = await TestCluster.StartAsync(clientToken: "client-secret", configure: o => o.Tokens = ["client-secret"]);
        Answers(cluster.Nodes[0]);
        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, Frames.Of(s_request), r =>
        {
            r.Headers.TryAddWithoutValidation("authorization", Wire.Auth.TokenV2.Create("client-secret", DateTimeOffset.UtcNow));
            r.Headers.TryAddWithoutValidation("custom-bin", "AAEC/w");
            r.Headers.TryAddWithoutValidation("twice", "one");
            r.Content!.Headers.TryAddWithoutValidation("twice", "two");
            r.Headers.TryAddWithoutValidation("virtual_storage", "forged");
            r.Headers.TryAddWithoutValidation("gitaly-reference-transaction", "forged");
            r.Headers.TryAddWithoutValidation("x-gitlab-correlation-id", "corr-1");
            r.Headers.TryAddWithoutValidation("grpc-timeout", "10S");
            r.Headers.TryAddWithoutValidation("grpc-previous-rpc-attempts", "1");
        });
        var headers = Assert.Single(cluster.Nodes[0].Requests).Headers;
        Assert.Equal(Wire.Auth.TokenVerdict.Ok, Wire.Auth.TokenV2.Check(headers["authorization"], TestCluster.NodeToken, DateTimeOffset.UtcNow));
        Assert.Single(headers["authorization"]);
        Assert.Equal("AAEC/w", headers["custom-bin"]);
        Assert.Equal("one|two", string.Join('|', headers["twice"].ToArray()));
        Assert.Equal(TestCluster.VirtualStorage, headers["virtual_storage"]);
        Assert.False(headers.ContainsKey("gitaly-reference-transaction"));
        Assert.False(headers.ContainsKey("grpc-previous-rpc-attempts"));
        Assert.Equal("corr-1", headers["x-gitlab-correlation-id"]);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("praefect-orleans", headers["user-agent"]);
        Assert.True(GrpcTimeout.TryParse((string)headers["grpc-timeout"]!, out var left));
        Assert.InRange(left, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
    }

    [Fact]
    public async Task A_call_without_correlation_id_gets_one()
    {
        await using var cluster = await TestCluster.StartAsync();
        Answers(cluster.Nodes[0]);
        await AskAsync(cluster);
        Assert.Matches("^[0-9A-HJKMNP-TV-Z]{26}$", Assert.Single(cluster.Nodes[0].Requests).Headers["x-gitlab-correlation-id"].ToString());
    }

    [Fact]
    public async Task Reads_spread_over_the_replicas()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
            Answers(node);
        for (var i = 0; i < 32; i++)
            await AskAsync(cluster);
        Assert.All(cluster.Nodes, n => Assert.NotEmpty(n.Requests));
    }

    [Fact]
    public async Task A_replica_that_is_busy_with_a_read_gets_none_while_another_is_idle()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var (busy, over) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        foreach (var node in cluster.Nodes)
        {
            node.On(Methods.Ref.RefExists, async http =>
            {
                using var frame = await FakeNode.FirstAsync(http);
                if (busy.TrySetResult(node.Storage))
                    await over.Task;
                await FakeNode.SendAsync(http, new RefExistsResponse { Value = true });
            });
        }

        var first = AskAsync(cluster);
        var storage = await busy.Task.WaitAsync(Writes.Patience);
        for (var i = 0; i < 16; i++)
            await AskAsync(cluster);
        over.SetResult();
        await first;
        Assert.All(cluster.Nodes, n => Assert.Equal(n.Storage == storage ? 1 : 16, n.Requests.Count));
    }

    [Fact]
    public async Task A_read_forced_to_the_primary_goes_there()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
            Answers(node);
        for (var i = 0; i < 8; i++)
            await AskAsync(cluster, new GrpcMetadata { { "gitaly-route-repository-accessor-policy", "primary-only" } });
        Assert.Equal(8, cluster.Nodes[0].Requests.Count);
        Assert.Empty(cluster.Nodes[1].Requests);
    }

    [Theory]
    [InlineData(Methods.Repository.RepositorySize)]
    [InlineData(Methods.Repository.GetObjectDirectorySize)]
    public async Task A_size_is_always_the_primarys(string path)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
            node.Answers(path, new RefExistsResponse());
        for (var i = 0; i < 16; i++)
            await cluster.Client.UnaryAsync(path, s_request, RefExistsResponse.Parser, null, default);
        Assert.Equal(16, cluster.Nodes[0].Requests.Count);
    }

    [Fact]
    public async Task A_node_that_cannot_be_connected_costs_the_client_nothing_and_is_reported()
    {
        await using var cluster = await TestCluster.StartAsync(
            nodes: 2, otherAddresses: new Dictionary<string, string>(StringComparer.Ordinal) { ["gitaly-2"] = "tcp://127.0.0.1:1" });
        Answers(cluster.Nodes[0]);
        for (var i = 0; i < 16; i++)
            Assert.True((await AskAsync(cluster)).Value);
        Assert.Equal(16, cluster.Nodes[0].Requests.Count);
        Assert.All(cluster.Grains.Suspected, s => Assert.Equal("gitaly-2", s.Node.Storage));
        Assert.NotEmpty(cluster.Grains.Suspected);
    }

    [Fact]
    public async Task Reads_go_on_by_the_last_route_while_the_grain_cannot_be_reached()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.RouteTimeout = TimeSpan.FromMilliseconds(50));
        Answers(cluster.Nodes[0]);
        await AskAsync(cluster);
        var never = new TaskCompletionSource<AccessorRoute>();
        cluster.Repository.Accessor = _ => never.Task;
        Assert.True((await AskAsync(cluster)).Value);
        cluster.Repository.Accessor = _ => throw new InvalidOperationException("silo is gone");
        Assert.True((await AskAsync(cluster)).Value);
    }

    [Fact]
    public async Task Reads_go_on_by_the_last_route_and_without_asking_again_while_the_grain_cannot_read_its_record()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.RouteTimeout = TimeSpan.FromMinutes(1));
        Answers(cluster.Nodes[0]);
        await AskAsync(cluster);
        var asked = 0;
        cluster.Repository.Accessor = _ =>
        {
            asked++;
            throw new InvalidOperationException("activation failed", new RouteException(RouteFailure.StoreUnavailable, "x"));
        };
        Assert.True((await AskAsync(cluster)).Value);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task The_last_route_is_of_no_use_to_a_process_that_its_cluster_gave_up()
    {
        var standing = new GivenUp();
        await using var cluster = await TestCluster.StartAsync(add: services => services.AddSingleton<IClusterStanding>(standing));
        Answers(cluster.Nodes[0]);
        await AskAsync(cluster);
        cluster.Repository.Accessor = _ => throw new RouteException(RouteFailure.StoreUnavailable, "x");
        Assert.True((await AskAsync(cluster)).Value);

        standing.Reason = "the others have declared this silo dead";
        var refused = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal((GrpcStatusCode.Unavailable, standing.Reason), (refused.Status.Code, refused.Status.Message));
        Assert.Equal(2, cluster.Nodes[0].Requests.Count);
    }

    [Fact]
    public async Task A_read_never_routed_before_is_unavailable_while_the_grain_cannot_read_its_record()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Accessor = _ => throw new RouteException(RouteFailure.StoreUnavailable, "x");
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }

    [Fact]
    public async Task A_read_never_routed_before_is_unavailable_while_the_grain_cannot_be_reached()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Accessor = _ => throw new InvalidOperationException("silo is gone");
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }

    [Theory]
    [InlineData(RouteFailure.RepositoryNotFound, GrpcStatusCode.NotFound, "repository not found")]
    [InlineData(RouteFailure.NoHealthyNodes, GrpcStatusCode.Internal, "accessor call: route repository accessor: no healthy nodes")]
    [InlineData(RouteFailure.NoSuitableNode, GrpcStatusCode.Internal, "accessor call: route repository accessor: no suitable node to serve the request")]
    [InlineData(RouteFailure.PrimaryNotHealthy, GrpcStatusCode.Internal, "accessor call: route repository accessor: primary gitaly is not healthy")]
    public async Task A_read_that_cannot_be_routed_says_why(RouteFailure failure, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Accessor = _ => throw new RouteException(failure, "x");
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal(new GrpcStatus(code, message), e.Status with { Details = default });
    }

    [Fact]
    public void Every_routing_failure_has_a_status()
    {
        foreach (var failure in Enum.GetValues<RouteFailure>())
            Assert.NotEqual(GrpcStatusCode.OK, Errors.RouteErrors.Status(failure, Errors.RoutePrefix.Mutator).Code);
    }

    [Fact]
    public async Task A_nodes_error_arrives_as_it_was_sent_in_one_block_of_headers()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Methods.Ref.RefExists, async http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "9";
            http.Response.Headers["grpc-message"] = "%E2%98%BA tab%09";
            http.Response.Headers["grpc-status-details-bin"] = "CAkSAmhp";
            http.Response.Headers["x-gitaly-cost"] = "7";
            await Task.CompletedTask;
        });
        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, Frames.Of(s_request));
        Assert.Equal("9", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("%E2%98%BA tab%09", Assert.Single(response.Headers.GetValues("grpc-message")));
        Assert.Equal("CAkSAmhp", Assert.Single(response.Headers.GetValues("grpc-status-details-bin")));
        Assert.Equal("7", Assert.Single(response.Headers.GetValues("x-gitaly-cost")));
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task A_deadline_ends_a_call_on_a_node_that_never_answers()
    {
        await using var cluster = await TestCluster.StartAsync();
        var cancelled = new TaskCompletionSource();
        cluster.Nodes[0].On(Methods.Ref.RefExists, async http =>
        {
            using var gone = http.RequestAborted.Register(() => cancelled.TrySetResult());
            await cancelled.Task;
        });
        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, Frames.Of(s_request), r => r.Headers.TryAddWithoutValidation("grpc-timeout", "200m"));
        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_client_that_cancels_cancels_the_node_at_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (arrived, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        cluster.Nodes[0].On(Methods.Ref.RefExists, async http =>
        {
            using var gone = http.RequestAborted.Register(() => cancelled.TrySetResult());
            arrived.TrySetResult();
            await cancelled.Task;
        });
        using var stop = new CancellationTokenSource();
        var call = AskAsync(cluster, ct: stop.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await stop.CancelAsync();
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAnyAsync<Exception>(() => call);
    }

    [Fact]
    public async Task A_node_that_ends_without_a_status_is_an_error()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Methods.Ref.RefExists, http => FakeNode.WriteAsync(http, new RefExistsResponse { Value = true }));
        var e = await Assert.ThrowsAsync<GrpcException>(() => AskAsync(cluster));
        Assert.Equal(GrpcStatusCode.Internal, e.Status.Code);
    }

    private sealed class GivenUp : IClusterStanding
    {
        public string? Reason { get; set; }

        public ValueTask<string?> GivenUpAsync(CancellationToken cancellationToken) => new(Reason);
    }
}
