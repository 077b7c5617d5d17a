using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Tests.Framing;

namespace Praefect.Wire.Tests.Grpc;

/// <summary>What the client makes of servers that break off, reset, or do not speak gRPC.</summary>
public sealed class BadServerTests
{
    [Theory]
    [InlineData(0x1, GrpcStatusCode.Internal)]
    [InlineData(0x2, GrpcStatusCode.Internal)]
    [InlineData(0x8, GrpcStatusCode.Cancelled)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    [InlineData(0xc, GrpcStatusCode.PermissionDenied)]
    public async Task A_reset_stream_is_a_broken_call_with_the_code_of_the_reset(int reset, GrpcStatusCode expected)
    {
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Features.Get<IHttpResetFeature>()!.Reset(reset);
            return Task.CompletedTask;
        });
        AssertBroken(expected, await FailAsync(server.Channel));
    }

    [Theory]
    [InlineData(0x2, GrpcStatusCode.Internal)]
    [InlineData(0x8, GrpcStatusCode.Cancelled)]
    [InlineData(0xb, GrpcStatusCode.ResourceExhausted)]
    public async Task A_reset_of_a_call_whose_client_may_still_write_has_the_code_of_the_reset(int reset, GrpcStatusCode expected)
    {
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Features.Get<IHttpResetFeature>()!.Reset(reset);
            return Task.CompletedTask;
        });
        var error = await FailOpenAsync(server.Channel);
        AssertBroken(expected, error);
        Assert.DoesNotContain("task was canceled", error.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_lost_under_a_call_whose_client_may_still_write_is_unavailable()
    {
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
            return Task.CompletedTask;
        });
        AssertBroken(GrpcStatusCode.Unavailable, await FailOpenAsync(server.Channel));
    }

    [Fact]
    public async Task A_connection_that_cannot_be_made_in_time_is_unavailable()
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(20),
            ConnectCallback = async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException();
            },
        });
        AssertBroken(GrpcStatusCode.Unavailable, await FailAsync(new GrpcChannel(invoker)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_a_stopping_server_takes_and_drops_is_unavailable_and_was_never_made(bool reset)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dropping = DropAsync(listener, reset);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(listener.LocalEndpoint, cancellationToken);
                await EndedAsync(socket);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        var error = await FailAsync(new GrpcChannel(invoker));

        AssertBroken(GrpcStatusCode.Unavailable, error);
        Assert.True(GrpcFailures.NeverConnected(error.InnerException!), error.ToString());
        listener.Stop();
        await dropping;
    }

    [Fact]
    public async Task A_status_that_comes_before_the_only_message_was_sent_is_told_by_the_read()
    {
        // The server reads nothing, so a message beyond every window cannot have been sent when the status comes.
        await using var server = await GrpcTestServer.StartAsync(Answer([], "16"));
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/X", SSHUploadPackResponse.Parser, null, Ct());
        await call.SendOnlyAsync(new SSHUploadPackRequest { Stdin = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) }, Ct());
        var error = await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()));
        Assert.Equal((GrpcStatusCode.Unauthenticated, false), (error.Status.Code, error.Broken));
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_message_is_broken_never_an_end()
    {
        await using var server = await GrpcTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 1 });
            await context.Response.Body.FlushAsync();
            context.Features.Get<IHttpResetFeature>()!.Reset(2);
        });
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(server.Channel));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })]
    public async Task A_body_that_ends_inside_a_message_is_truncated_even_with_status_OK(byte[] body)
    {
        await using var server = await GrpcTestServer.StartAsync(Answer(body, "0"));
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(server.Channel));
    }

    [Fact]
    public async Task An_end_without_a_status_is_broken()
    {
        await using var server = await GrpcTestServer.StartAsync(Answer(FirstFrameTests.Frame([]), null));
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(server.Channel));
    }

    [Fact]
    public async Task OK_without_a_message_and_with_two_are_broken()
    {
        await using var none = await GrpcTestServer.StartAsync(Answer([], "0"));
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(none.Channel));
        await using var two = await GrpcTestServer.StartAsync(Answer([.. FirstFrameTests.Frame([]), .. FirstFrameTests.Frame([])], "0"));
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(two.Channel));
    }

    [Fact]
    public async Task A_response_that_is_not_the_expected_message_is_internal()
    {
        await using var server = await GrpcTestServer.StartAsync(Answer(FirstFrameTests.Frame([0xff]), "0"));
        AssertBroken(GrpcStatusCode.Internal, await FailAsync(server.Channel));
    }

    [Fact]
    public async Task A_compressed_response_is_inflated()
    {
        var message = new SSHUploadPackResponse { Stdout = ByteString.CopyFromUtf8("hello") };
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Response.Headers["grpc-encoding"] = "gzip";
            return Answer(FirstFrameTests.Frame(FirstFrameTests.Gzip(message.ToByteArray()), flag: 1), "0")(context);
        });
        Assert.Equal(message, await server.Channel.UnaryAsync("/t/X", new SSHUploadPackRequest(), SSHUploadPackResponse.Parser, null, Ct()));
    }

    [Fact]
    public async Task Messages_joined_and_split_anyhow_are_read_one_by_one()
    {
        byte[] body = [.. Enumerable.Range(0, 50).SelectMany(i => FirstFrameTests.Frame(new SSHUploadPackResponse { Stdout = ByteString.CopyFrom(new byte[i * 100]) }.ToByteArray()))];
        await using var server = await GrpcTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            foreach (var piece in body.Chunk(777))
            {
                await context.Response.Body.WriteAsync(piece);
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/X", SSHUploadPackResponse.Parser, null, Ct());
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(i * 100, (await call.ReadAsync(Ct()))!.Stdout.Length);
        }

        Assert.Null(await call.ReadAsync(Ct()));
    }

    [Theory]
    [InlineData(400, GrpcStatusCode.Internal)]
    [InlineData(401, GrpcStatusCode.Unauthenticated)]
    [InlineData(403, GrpcStatusCode.PermissionDenied)]
    [InlineData(404, GrpcStatusCode.Unimplemented)]
    [InlineData(429, GrpcStatusCode.Unavailable)]
    [InlineData(502, GrpcStatusCode.Unavailable)]
    [InlineData(503, GrpcStatusCode.Unavailable)]
    [InlineData(504, GrpcStatusCode.Unavailable)]
    [InlineData(500, GrpcStatusCode.Unknown)]
    [InlineData(200, GrpcStatusCode.Unknown)]
    public async Task Plain_HTTP_answers_map_as_the_protocol_says(int http, GrpcStatusCode expected)
    {
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Response.StatusCode = http;
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html>");
        });
        AssertBroken(expected, await FailAsync(server.Channel));
    }

    [Theory]
    [InlineData("17")]
    [InlineData("-1")]
    [InlineData("many")]
    public async Task A_status_that_nobody_knows_is_unknown(string status)
    {
        await using var server = await GrpcTestServer.StartAsync(Answer([], status));
        var error = await FailAsync(server.Channel);
        Assert.Equal(GrpcStatusCode.Unknown, error.Status.Code);
        Assert.Contains(status, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trailers_of_the_server_come_as_they_are()
    {
        await using var server = await GrpcTestServer.StartAsync(context =>
        {
            context.Response.AppendTrailer("x-a-bin", "AAE,AgM=");
            context.Response.AppendTrailer("x-a-bin", "BA");
            return Answer([], "5")(context);
        });
        var error = await FailAsync(server.Channel);
        Assert.Equal(["AAE,AgM=", "BA"], error.Trailers.GetAll("x-a-bin"), StringComparer.Ordinal);
        Assert.Equal(GrpcStatusCode.NotFound, error.Status.Code);
    }

    [Fact]
    public async Task A_refused_connection_is_unavailable()
    {
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = (_, _) => throw new SocketException((int)SocketError.ConnectionRefused) });
        AssertBroken(GrpcStatusCode.Unavailable, await FailAsync(new GrpcChannel(invoker)));
    }

    [Fact]
    public async Task A_connection_lost_in_the_middle_is_unavailable()
    {
        await using var server = await GrpcTestServer.StartAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 9, 1 });
            await context.Response.Body.FlushAsync();
            context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
        });
        AssertBroken(GrpcStatusCode.Unavailable, await FailAsync(server.Channel));
    }

    [Fact]
    public async Task A_peer_that_goes_away_with_a_call_open_is_unavailable()
    {
        // A server of raw bytes: takes the connection, sends SETTINGS, then GOAWAY with last stream 0x7fffffff, then closes.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            await socket.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
            // The call may come with the preface or after it, in one piece or several; its path is plain text.
            var buffer = new byte[4096];
            for (var count = 0; buffer.AsSpan(0, count).IndexOf("/t/X"u8) < 0;)
                count += await socket.ReceiveAsync(buffer.AsMemory(count));
            await socket.SendAsync(new byte[] { 0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 2 });
        });
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync((IPEndPoint)listener.LocalEndpoint, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        AssertBroken(GrpcStatusCode.Unavailable, await FailAsync(new GrpcChannel(invoker)));
        await serving;
    }

    private static RequestDelegate Answer(byte[] body, string? status) => async context =>
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(body);
        await context.Response.Body.FlushAsync();
        if (status is not null)
        {
            context.Response.AppendTrailer("grpc-status", status);
        }
    };

    private static void AssertBroken(GrpcStatusCode expected, GrpcException error)
    {
        Assert.Equal(expected, error.Status.Code);
        Assert.True(error.Broken);
    }

    private static async Task<GrpcException> FailOpenAsync(GrpcChannel channel)
    {
        await using var call = channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/X", SSHUploadPackResponse.Parser, null, Ct());
        return await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()));
    }

    private static CancellationToken Ct() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    private static Task<GrpcException> FailAsync(GrpcChannel channel) =>
        Assert.ThrowsAsync<GrpcException>(() => channel.UnaryAsync("/t/X", new SSHUploadPackRequest(), SSHUploadPackResponse.Parser, null, Ct()));

    // A drop that overtakes the client's first frames is the one that shows: later, some of the call may have arrived.
    private static async Task EndedAsync(Socket socket)
    {
        try
        {
            await socket.ReceiveAsync(new byte[1], SocketFlags.Peek);
        }
        catch (SocketException)
        {
            // It was reset.
        }
    }

    private static async Task DropAsync(TcpListener listener, bool reset)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync();
                socket.LingerState = new LingerOption(reset, 0);
            }
        }
        catch (SocketException)
        {
            // The listener was stopped.
        }
    }
}
