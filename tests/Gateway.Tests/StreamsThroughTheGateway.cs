using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class StreamsThroughTheGateway
{
    /// <summary>A bidirectional accessor.</summary>
    private const string Bidi = "/gitaly.CommitService/CheckObjectsExist";
    private const string ServerStream = Methods.Ref.ListRefs;

    private static ListRefsRequest Request => new() { Repository = TestCluster.Target };

    private static GrpcClientCall<ListRefsRequest, ListRefsResponse> Open(TestCluster cluster, string path) =>
        cluster.Client.Open<ListRefsRequest, ListRefsResponse>(path, ListRefsResponse.Parser, null, CancellationToken.None);

    [Fact]
    public async Task Messages_pass_both_ways_as_they_come_and_the_half_close_arrives()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Bidi, async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.BodyWriter.FlushAsync();
            while (true)
            {
                var read = await http.Request.BodyReader.ReadAsync();
                foreach (var segment in read.Buffer)
                    await http.Response.BodyWriter.WriteAsync(segment);
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            http.Response.AppendTrailer("grpc-status", "0");
        });
        await using var call = cluster.Client.Open<ListRefsRequest, ListRefsRequest>(Bidi, ListRefsRequest.Parser, null, default);
        await call.WriteAsync(Request, default);
        Assert.Equal("gitaly-1", (await call.ReadAsync(default))!.Repository.StorageName);
        for (var i = 0; i < 5; i++)
        {
            await call.WriteAsync(new ListRefsRequest { Head = true }, default);
            Assert.True((await call.ReadAsync(default))!.Head);
        }

        await call.CompleteAsync(default);
        Assert.Null(await call.ReadAsync(default));
    }

    [Fact]
    public async Task Headers_come_before_the_first_message()
    {
        await using var cluster = await TestCluster.StartAsync();
        var go = new TaskCompletionSource();
        cluster.Nodes[0].On(ServerStream, async http =>
        {
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["early"] = "yes";
            await http.Response.BodyWriter.FlushAsync();
            await go.Task;
            http.Response.AppendTrailer("grpc-status", "0");
        });
        using var response = await cluster.SendRawAsync(ServerStream, Frames.Of(Request)).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("early")));
        go.SetResult();
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("0", Assert.Single(response.TrailingHeaders.GetValues("grpc-status")));
    }

    [Fact]
    public async Task A_node_lost_inside_a_message_never_looks_like_an_end()
    {
        await using var cluster = await TestCluster.StartAsync();
        var passed = new TaskCompletionSource();
        cluster.Nodes[0].On(ServerStream, async http =>
        {
            http.Response.ContentType = "application/grpc";
            await http.Response.BodyWriter.WriteAsync(new byte[] { 0, 0, 0, 0, 100, 1, 2, 3 });
            await http.Response.BodyWriter.FlushAsync();
            await passed.Task;
            http.Features.Get<IHttpResetFeature>()!.Reset(2);
        });
        using var response = await cluster.SendRawAsync(ServerStream, Frames.Of(Request));
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[8]);
        passed.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Theory]
    [InlineData(2, GrpcStatusCode.Internal)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    public async Task A_reset_before_the_answer_becomes_its_status_though_the_client_may_still_send_and_says_nothing_of_the_node(int http2Error, GrpcStatusCode expected)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Bidi, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            http.Features.Get<IHttpResetFeature>()!.Reset(http2Error);
        });
        await using var call = cluster.Client.Open<ListRefsRequest, ListRefsRequest>(Bidi, ListRefsRequest.Parser, null, default);
        await call.WriteAsync(Request, default);

        var e = await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(default));

        Assert.Equal(expected, e.Status.Code);
        Assert.Empty(cluster.Grains.Suspected);
    }

    [Theory]
    [InlineData(2, GrpcStatusCode.Internal)]
    [InlineData(8, GrpcStatusCode.Cancelled)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, GrpcStatusCode.PermissionDenied)]
    public async Task A_reset_between_messages_becomes_its_status(int http2Error, GrpcStatusCode expected)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(ServerStream, async http =>
        {
            await FakeNode.WriteAsync(http, new ListRefsResponse());
            await http.Response.BodyWriter.FlushAsync();
            http.Features.Get<IHttpResetFeature>()!.Reset(http2Error);
        });
        await using var call = Open(cluster, ServerStream);
        await call.WriteAsync(Request, default);
        await call.CompleteAsync(default);
        var e = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            while (await call.ReadAsync(default) is not null)
            {
            }
        });
        Assert.Equal(expected, e.Status.Code);
    }

    [Fact]
    public async Task A_node_that_answers_early_ends_the_call_though_the_client_goes_on_sending()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Bidi, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await FakeNode.WriteAsync(http, new ListRefsResponse());
            http.Response.AppendTrailer("grpc-status", "5");
            http.Response.AppendTrailer("grpc-message", "enough");
        });
        await using var call = Open(cluster, Bidi);
        await call.WriteAsync(Request, default);
        Assert.NotNull(await call.ReadAsync(default));
        var e = await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(default));
        Assert.Equal((GrpcStatusCode.NotFound, "enough"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_slow_reader_stops_the_node()
    {
        await using var cluster = await TestCluster.StartAsync();
        var written = 0L;
        var stalled = new TaskCompletionSource();
        var piece = Frames.Of(new GetBlobResponse { Data = Google.Protobuf.ByteString.CopyFrom(new byte[64 * 1024]) });
        cluster.Nodes[0].On(ServerStream, async http =>
        {
            http.Response.ContentType = "application/grpc";
            while (Volatile.Read(ref written) < 256L * 1024 * 1024)
            {
                var write = http.Response.BodyWriter.WriteAsync(piece, http.RequestAborted).AsTask();
                if (await Task.WhenAny(write, Task.Delay(1500)) != write)
                {
                    stalled.TrySetResult();
                    return;
                }

                Interlocked.Add(ref written, piece.Length);
            }
        });
        using var response = await cluster.SendRawAsync(ServerStream, Frames.Of(Request));
        await using var body = await response.Content.ReadAsStreamAsync();
        await stalled.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(written < 64L * 1024 * 1024, $"{written} bytes went into buffers");
    }

    [Fact]
    public async Task More_than_a_hundred_calls_run_at_once_on_one_connection()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (arrived, all) = (0, new TaskCompletionSource());
        cluster.Nodes[0].On(ServerStream, async http =>
        {
            if (Interlocked.Increment(ref arrived) == 150)
                all.TrySetResult();
            await all.Task.WaitAsync(http.RequestAborted);
            await FakeNode.SendAsync(http, new ListRefsResponse());
        });
        await Task.WhenAll(Enumerable.Range(0, 150).Select(async _ =>
        {
            using var response = await cluster.SendRawAsync(ServerStream, Frames.Of(Request));
            await response.Content.ReadAsByteArrayAsync();
        })).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_fetch_beside_the_call_is_relayed_to_the_clients_sidechannel()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].On(Methods.SmartHTTP.PostUploadPackWithSidechannel, async http =>
        {
            var peer = http.Features.Get<Wire.Backchannel.IBackchannelFeature>()!;
            var id = long.Parse(http.Request.Headers["gitaly-sidechannel-id"]!);
            using var first = await FakeNode.FirstAsync(http);
            await using (var stream = await Wire.Sidechannel.SidechannelServer.OpenAsync(peer, id, http.RequestAborted))
            {
                await using var reader = Wire.Sidechannel.SidechannelFraming.ReadStream(stream);
                using var copy = new MemoryStream();
                await reader.CopyToAsync(copy);
                await stream.Output.WriteAsync(copy.ToArray());
            }

            await FakeNode.SendAsync(http, new PostUploadPackWithSidechannelResponse());
        });
        var got = new MemoryStream();
        await using var waiter = cluster.ClientSidechannels.Register(async (stream, token) =>
        {
            await Wire.Sidechannel.SidechannelFraming.WriteAsync(stream, "want"u8.ToArray(), token);
            await Wire.Sidechannel.SidechannelFraming.WriteEndAsync(stream, token);
            await stream.Input.CopyToAsync(got, token);
        });
        await cluster.MultiplexedClient.UnaryAsync(
            Methods.SmartHTTP.PostUploadPackWithSidechannel,
            new PostUploadPackWithSidechannelRequest { Repository = TestCluster.Target },
            PostUploadPackWithSidechannelResponse.Parser,
            new GrpcCallOptions { Metadata = new GrpcMetadata { { "gitaly-sidechannel-id", waiter.Id.ToString() } } },
            default);
        await waiter.CloseAsync(default);
        Assert.Equal("want", System.Text.Encoding.ASCII.GetString(got.ToArray()));
    }
}
