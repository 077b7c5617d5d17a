using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Reflection.V1Alpha;
using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Reflection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>What clients see at the edges of the calls that the gateway answers itself.</summary>
public sealed class TypedCalls
{
    private const int Limit = 64 * 1024 * 1024;

    public static TheoryData<byte[], string, string> BadMessages => new()
    {
        { [], "13", "Incomplete message." },
        { [0, 0, 0], "13", "Incomplete message." },
        { [0, 0, 0, 0, 9, 1], "13", "Incomplete message." },
        { [0, 0, 0, 0, 3, 0x0A, 0x7F, 0x01], "13", "request is not the expected message" },
        { [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "13", "Additional data after the message received." },
        { [2, 0, 0, 0, 0], "13", "Unexpected compressed flag" },
        { [1, 0, 0, 0, 1, 9], "13", "grpc-encoding" },
        { [0, 0xFF, 0xFF, 0xFF, 0xFF], "8", "Message too large" },
        { [0, 4, 0, 0, 1], "8", "maximum configured message size" },
    };

    [Theory]
    [MemberData(nameof(BadMessages))]
    public async Task A_message_that_cannot_be_read_is_named(byte[] body, string status, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        using var response = await cluster.SendRawAsync(Methods.Repository.RepositoryExists, body);
        Assert.Equal((status, HttpStatusCode.OK), (Assert.Single(response.Headers.GetValues("grpc-status")), response.StatusCode));
        Assert.Contains(message, GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_64_mebibytes_is_answered_and_one_byte_more_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var target = TestCluster.Target;
        var request = new RepositoryExistsRequest { Repository = target };
        target.GlProjectPath = new string('x', Limit - request.CalculateSize() - 14);
        target.GlProjectPath += new string('x', Limit - request.CalculateSize());
        Assert.Equal(Limit, request.CalculateSize());
        Assert.True((await ExistsAsync(cluster, request)).Exists);

        target.GlProjectPath += "x";
        var refused = await Assert.ThrowsAsync<GrpcException>(() => ExistsAsync(cluster, request));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, refused.Status.Code);
    }

    [Fact]
    public async Task A_compressed_message_is_read_and_one_that_inflates_beyond_the_limit_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal("0", await StatusAsync(new RepositoryExistsRequest { Repository = TestCluster.Target }.ToByteArray(), "gzip"));
        Assert.Equal("12", await StatusAsync(new RepositoryExistsRequest { Repository = TestCluster.Target }.ToByteArray(), "snappy"));
        Assert.Equal("8", await StatusAsync(new byte[Limit + 1], "gzip"));

        async Task<string> StatusAsync(byte[] message, string encoding)
        {
            var buffer = new MemoryStream();
            await using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync(message);
            var length = (int)buffer.Length;
            byte[] body = [1, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. buffer.ToArray()];
            using var response = await cluster.SendRawAsync(Methods.Repository.RepositoryExists, body, r => r.Headers.TryAddWithoutValidation("grpc-encoding", encoding));
            await response.Content.ReadAsByteArrayAsync();
            return (response.Headers.TryGetValues("grpc-status", out var early) ? early : response.TrailingHeaders.GetValues("grpc-status")).Single();
        }
    }

    [Fact]
    public async Task Metadata_of_almost_16_mebibytes_is_taken_and_more_is_not()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var answered = await SendAsync(KestrelGrpcLimits.HeaderBytes - 10_000);
        await answered.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(answered.TrailingHeaders.GetValues("grpc-status")));

        // Kestrel ends the connection, or answers 431 where it comes to that.
        try
        {
            using var refused = await SendAsync(KestrelGrpcLimits.HeaderBytes + 10_000);
            Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, refused.StatusCode);
        }
        catch (HttpRequestException)
        {
            // As above.
        }

        using var next = await SendAsync(1000);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);

        Task<HttpResponseMessage> SendAsync(int bytes) => cluster.SendRawAsync(
            Methods.Repository.RepositoryExists, Frames.Of(new RepositoryExistsRequest { Repository = TestCluster.Target }), request =>
            {
                const int Fields = 20;
                for (var i = 0; i < Fields; i++)
                    request.Headers.TryAddWithoutValidation($"x-long-{i}", new string('x', bytes / Fields));
            });
    }

    [Fact]
    public async Task Duplicates_and_binary_metadata_reach_the_node_as_they_came()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Server.DiskStatistics, new DiskStatisticsResponse());
        using var response = await cluster.SendRawAsync(Methods.Server.DiskStatistics, Frames.Of(new DiskStatisticsRequest()), request =>
        {
            request.Headers.TryAddWithoutValidation("x-twice", "1");
            request.Content!.Headers.TryAddWithoutValidation("x-twice", "2");
            request.Headers.TryAddWithoutValidation("x-raw-bin", "AAE");
            request.Headers.TryAddWithoutValidation("x-broken-bin", "not base64!");
        });
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        var seen = Assert.Single(cluster.Nodes[0].Requests).Headers;
        Assert.Equal("1|2", string.Join("|", seen["x-twice"].ToArray()));
        Assert.Equal(("AAE", "not base64!"), (seen["x-raw-bin"].ToString(), seen["x-broken-bin"].ToString()));
    }

    [Theory]
    [InlineData(Methods.Repository.RepositoryExists)]
    [InlineData(Methods.Ref.RefExists)]
    public async Task A_nanosecond_is_over_at_once_whoever_answers(string path)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(path, static http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        cluster.Repository.Exists = true;
        using var response = await cluster.SendRawAsync(path, [], request =>
        {
            request.Headers.TryAddWithoutValidation("grpc-timeout", "1n");
            request.Content = new NeverEndingContent();
        });
        Assert.Equal("4", Assert.Single(response.Headers.GetValues("grpc-status")));
        Assert.Equal("context deadline exceeded", GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single()));
    }

    [Theory]
    [InlineData("31536000S")]
    [InlineData("99999999H")]
    public async Task A_year_is_a_deadline_like_any_other_and_what_is_left_goes_on_to_the_node(string timeout)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Server.DiskStatistics, new DiskStatisticsResponse());
        using var response = await cluster.SendRawAsync(
            Methods.Server.DiskStatistics, Frames.Of(new DiskStatisticsRequest()), request => request.Headers.TryAddWithoutValidation("grpc-timeout", timeout));
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
        Assert.True(GrpcTimeout.TryParse(Assert.Single(cluster.Nodes[0].Requests).Headers["grpc-timeout"].ToString(), out var left));
        Assert.InRange(left, TimeSpan.FromDays(364), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_malformed_deadline_is_internal_as_grpc_go_has_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var malformed in new[] { "soon", "1", "S", "-1S", "1s", "123456789S", "1 S" })
        {
            using var response = await cluster.SendRawAsync(
                Methods.Repository.RepositoryExists, [0, 0, 0, 0, 0], request => request.Headers.TryAddWithoutValidation("grpc-timeout", malformed));
            Assert.Equal(
                ("13", $"malformed grpc-timeout: \"{malformed}\""),
                (Assert.Single(response.Headers.GetValues("grpc-status")), GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single())));
        }
    }

    [Fact]
    public async Task A_call_that_is_refused_before_the_client_wrote_ends_with_its_status()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = ["secret"], clientToken: "wrong");
        await using var call = cluster.Client.Open<RepositoryExistsRequest, RepositoryExistsResponse>(
            Methods.Repository.RepositoryExists, RepositoryExistsResponse.Parser, null, default);
        var refused = await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(default));
        Assert.Equal((GrpcStatusCode.PermissionDenied, false), (refused.Status.Code, refused.Broken));
    }

    [Theory]
    [InlineData("/gitaly.serverservice/ServerInfo")]
    [InlineData("/gitaly.ServerService/serverinfo")]
    [InlineData("/gitaly.ServerService/ServerInfo/")]
    [InlineData("/gitaly.ServerService/Nothing")]
    [InlineData("/gitaly.ServerService")]
    [InlineData("/")]
    public async Task Only_the_exact_name_is_a_method(string path)
    {
        await using var cluster = await TestCluster.StartAsync();
        using var response = await cluster.SendRawAsync(path, Frames.Of(new ServerInfoRequest()));
        Assert.Equal(
            ("12", $"unknown method \"{path}\""),
            (Assert.Single(response.Headers.GetValues("grpc-status")), GrpcMessageText.Decode(response.Headers.GetValues("grpc-message").Single())));
    }

    [Fact]
    public async Task What_a_service_of_the_gateway_leaves_goes_on_to_the_node()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.RepositorySize, new RepositorySizeResponse { Size = 7 });
        var answer = await cluster.Client.UnaryAsync(
            Methods.Repository.RepositorySize, new RepositorySizeRequest { Repository = TestCluster.Target }, RepositorySizeResponse.Parser, null, default);
        Assert.Equal(7, answer.Size);
    }

    [Fact]
    public async Task A_node_that_calls_back_may_vote_and_nothing_else()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.Tokens = ["secret"], clientToken: "secret");
        var refused = new List<GrpcStatus>();
        Writes.On(cluster.Nodes[0], async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            var back = new GrpcChannel(http.Features.Get<IBackchannelFeature>()!.Invoker);
            foreach (var path in new[] { Methods.Server.ServerInfo, Methods.Ref.RefExists, Methods.Health.Check, "/gitaly.RefTransaction/Nothing" })
            {
                var e = await Assert.ThrowsAsync<GrpcException>(async () =>
                {
                    await back.UnaryAsync(path, new ServerInfoRequest(), ServerInfoResponse.Parser, null, http.RequestAborted);
                });
                refused.Add(e.Status);
            }

            // No token is asked for: the connection is the gateway's own.
            await Writes.VoteAsync(http);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await Writes.SendAsync(cluster);
        Assert.Equal(4, refused.Count);
        Assert.All(refused, status =>
        {
            Assert.Equal(GrpcStatusCode.Unimplemented, status.Code);
            Assert.StartsWith("unknown method \"/", status.Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(ReflectionService.Path)]
    [InlineData(ReflectionV1Service.Path)]
    public async Task A_service_that_is_only_proxied_is_described_by_a_node(string path)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var file = new FileDescriptorProto { Name = "blob.proto", Package = "gitaly", Service = { new ServiceDescriptorProto { Name = "BlobService" } } };
        foreach (var node in cluster.Nodes)
        {
            node.On(ReflectionService.Path, async http =>
            {
                using var frame = await FakeNode.FirstAsync(http);
                var asked = ServerReflectionRequest.Parser.ParseFrom(frame!.Message.Span);
                await FakeNode.SendAsync(http, asked.FileContainingSymbol == "gitaly.BlobService"
                    ? new ServerReflectionResponse { FileDescriptorResponse = new FileDescriptorResponse { FileDescriptorProto = { file.ToByteString() } } }
                    : new ServerReflectionResponse { ErrorResponse = new ErrorResponse { ErrorCode = 5, ErrorMessage = "unknown" } });
            });
        }

        // The first node that is asked is away; the other one knows.
        await cluster.Nodes[0].DisposeAsync();
        await using var call = cluster.Client.Open<ServerReflectionRequest, ServerReflectionResponse>(path, ServerReflectionResponse.Parser, null, default);
        var described = await AskAsync(new ServerReflectionRequest { Host = "h", FileContainingSymbol = "gitaly.BlobService" });
        Assert.Equal(file, FileDescriptorProto.Parser.ParseFrom(Assert.Single(described.FileDescriptorResponse.FileDescriptorProto)));
        Assert.Equal(("h", "gitaly.BlobService"), (described.ValidHost, described.OriginalRequest.FileContainingSymbol));

        // What no node knows but the gateway itself, and what nobody knows.
        var own = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = "praefect.operations.v1.Operations" });
        Assert.Equal("praefect_operations.proto", FileDescriptorProto.Parser.ParseFrom(own.FileDescriptorResponse.FileDescriptorProto[0]).Name);
        Assert.Equal(5, (await AskAsync(new ServerReflectionRequest { FileContainingSymbol = "gitaly.Nothing" })).ErrorResponse.ErrorCode);
        await call.CompleteAsync(default);
        Assert.Null(await call.ReadAsync(default));

        async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
        {
            await call.WriteAsync(request, default);
            return (await call.ReadAsync(default))!;
        }
    }

    private static Task<RepositoryExistsResponse> ExistsAsync(TestCluster cluster, RepositoryExistsRequest request) =>
        cluster.Client.UnaryAsync(Methods.Repository.RepositoryExists, request, RepositoryExistsResponse.Parser, null, default);

    /// <summary>A request whose client neither writes nor half-closes.</summary>
    private sealed class NeverEndingContent : HttpContent
    {
        public NeverEndingContent() => Headers.TryAddWithoutValidation("content-type", "application/grpc");

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
