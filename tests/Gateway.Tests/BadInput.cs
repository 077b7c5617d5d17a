using Google.Protobuf;
using Grpc.Health.V1;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Auth;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class BadInput
{
    private static async Task<(string Status, string Message)> RawAsync(TestCluster cluster, string path, byte[] body, Action<HttpRequestMessage>? configure = null)
    {
        using var response = await cluster.SendRawAsync(path, body, configure);
        return (Assert.Single(response.Headers.GetValues("grpc-status")), GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single()));
    }

    [Fact]
    public async Task An_unknown_method_is_unimplemented()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(("12", "unknown method \"/gitaly.RefService/Nothing\""), await RawAsync(cluster, "/gitaly.RefService/Nothing", []));
    }

    [Theory]
    [InlineData(null, null, "repository not set")]
    [InlineData("", "", "repository not set")]
    [InlineData("", "a.git", "storage name not set")]
    [InlineData("default", "", "repository path not set")]
    [InlineData("other", "a.git", "storage name not found")]
    public async Task A_target_that_is_missing_or_unknown_is_named(string? storage, string? path, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        var request = new RefExistsRequest { Repository = storage is null ? null : new Repository { StorageName = storage, RelativePath = path } };
        Assert.Equal(("3", message), await RawAsync(cluster, Methods.Ref.RefExists, Frames.Of(request)));
    }

    [Fact]
    public async Task A_half_close_without_a_message_is_an_invalid_argument()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal("3", (await RawAsync(cluster, Methods.Ref.RefExists, [])).Status);
    }

    [Fact]
    public async Task Bytes_that_are_no_protobuf_are_an_internal_error()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal("13", (await RawAsync(cluster, Methods.Ref.RefExists, [0, 0, 0, 0, 3, 0x0A, 0x7F, 0x01])).Status);
    }

    [Fact]
    public async Task A_target_given_twice_is_merged_as_every_protobuf_parser_does()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var body = new[] { new RefExistsRequest { Repository = new Repository { StorageName = "other", RelativePath = "a" } }, new RefExistsRequest { Repository = TestCluster.Target } }
            .SelectMany(r => r.ToByteArray()).ToArray();
        using var response = await cluster.SendRawAsync(Methods.Ref.RefExists, [0, 0, 0, 0, (byte)body.Length, .. body]);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_first_message_of_five_megabytes_passes_and_one_beyond_the_bound_does_not()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.MaxFirstMessageBytes = 6 * 1024 * 1024);
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var request = new RefExistsRequest { Repository = TestCluster.Target, Ref = ByteString.CopyFrom(new byte[5_000_000]) };
        Assert.True((await cluster.Client.UnaryAsync(Methods.Ref.RefExists, request, RefExistsResponse.Parser, null, default)).Value);
        Assert.Equal("8", (await RawAsync(cluster, Methods.Ref.RefExists, [0, 0x7F, 0xFF, 0xFF, 0xFF])).Status);
    }

    [Fact]
    public async Task The_first_of_several_tokens_counts()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = ["secret"], clientToken: "wrong");
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var request = Frames.Of(new RefExistsRequest { Repository = TestCluster.Target });
        var good = TokenV2.Create("secret", DateTimeOffset.UtcNow);
        var bad = TokenV2.Create("of-a-node", DateTimeOffset.UtcNow);

        using var served = await cluster.SendRawAsync(Methods.Ref.RefExists, request, r => r.Headers.TryAddWithoutValidation("authorization", [good, bad]));
        Assert.False(served.Headers.Contains("grpc-status"));
        Assert.Equal(
            ("7", "permission denied: wrong hmac signature"),
            await RawAsync(cluster, Methods.Ref.RefExists, request, r => r.Headers.TryAddWithoutValidation("authorization", [bad, good])));
    }

    [Fact]
    public async Task Tokens_are_asked_for_except_by_health()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = ["secret", "old-secret"], clientToken: "wrong");
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        var request = Frames.Of(new RefExistsRequest { Repository = TestCluster.Target });
        Assert.Equal(("16", "authentication required"), await RawAsync(cluster, Methods.Ref.RefExists, request));
        Assert.Equal(
            ("7", "permission denied: wrong hmac signature"),
            await RawAsync(cluster, Methods.Ref.RefExists, request, r => r.Headers.TryAddWithoutValidation("authorization", TokenV2.Create("wrong", DateTimeOffset.UtcNow))));
        using var good = await cluster.SendRawAsync(
            Methods.Ref.RefExists, request, r => r.Headers.TryAddWithoutValidation("authorization", TokenV2.Create("old-secret", DateTimeOffset.UtcNow)));
        Assert.False(good.Headers.Contains("grpc-status"));
        using var health = await cluster.SendRawAsync(Methods.Health.Check, Frames.Of(new HealthCheckRequest()));
        Assert.False(health.Headers.Contains("grpc-status"));
    }

    [Fact]
    public async Task Transitioning_rejects_nobody()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => (o.Tokens, o.AuthTransitioning) = (["secret"], true), clientToken: "wrong");
        cluster.Nodes[0].Answers(Methods.Ref.RefExists, new RefExistsResponse { Value = true });
        Assert.True((await cluster.Client.UnaryAsync(
            Methods.Ref.RefExists, new RefExistsRequest { Repository = TestCluster.Target }, RefExistsResponse.Parser, null, default)).Value);
    }

    [Fact]
    public async Task A_storage_scoped_call_needs_a_known_storage()
    {
        await using var cluster = await TestCluster.StartAsync();
        const string Path = "/gitaly.RemoteService/FindRemoteRepository";
        Assert.Equal(("3", "storage scoped: target storage field not found"), await RawAsync(cluster, Path, [0, 0, 0, 0, 0]));
        Assert.Equal(("3", "virtual storage does not exist"), await RawAsync(cluster, Path, [0, 0, 0, 0, 3, 0x12, 1, (byte)'x']));
    }

    [Fact]
    public async Task What_has_no_meaning_behind_a_virtual_storage_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var method in RpcRegistry.All.Values.Where(m => m.Handling == RpcHandling.Refused))
            Assert.Equal("12", (await RawAsync(cluster, method.Path, [0, 0, 0, 0, 0])).Status);
    }

    [Fact]
    public async Task A_malformed_deadline_is_named()
    {
        await using var cluster = await TestCluster.StartAsync();
        var answer = await RawAsync(cluster, Methods.Ref.RefExists, [0, 0, 0, 0, 0], r => r.Headers.TryAddWithoutValidation("grpc-timeout", "soon"));
        Assert.Equal(("13", "malformed grpc-timeout: \"soon\""), answer);
    }

    [Theory]
    [InlineData(null, null, "repository not set")]
    [InlineData("", "a.git", "storage name not set")]
    [InlineData("default", "", "repository path not set")]
    public async Task Existence_of_nothing_in_particular_is_an_invalid_question(string? storage, string? path, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        var request = new RepositoryExistsRequest { Repository = storage is null ? null : new Repository { StorageName = storage, RelativePath = path } };
        Assert.Equal(("3", message), await RawAsync(cluster, Methods.Repository.RepositoryExists, Frames.Of(request)));
    }

    [Fact]
    public async Task Existence_is_answered_from_the_record()
    {
        await using var cluster = await TestCluster.StartAsync();
        async Task<bool> ExistsAsync(string storage) => (await cluster.Client.UnaryAsync(
            Methods.Repository.RepositoryExists, new RepositoryExistsRequest { Repository = new Repository { StorageName = storage, RelativePath = TestCluster.Path } },
            RepositoryExistsResponse.Parser, null, default)).Exists;
        Assert.True(await ExistsAsync(TestCluster.VirtualStorage));
        Assert.False(await ExistsAsync("other"));
        cluster.Repository.Exists = false;
        Assert.False(await ExistsAsync(TestCluster.VirtualStorage));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public void Wrong_options_are_all_named_at_once()
    {
        var problems = new GatewayOptions { Tokens = [""], MaxFirstMessageBytes = 1, RenewInterval = TimeSpan.FromSeconds(9), RememberedRoutes = -1 }.Validate();
        Assert.Equal(4, problems.Count);
    }
}
