using Google.Protobuf;
using Grpc.Core;
using Grpc.Health.V1;
using Praefect.Tests.Shared;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Wire.Tests.Grpc;

/// <summary>Our client against Grpc.AspNetCore as this project sets it up, over real HTTP/2.</summary>
public sealed class GrpcCallTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Unary_carries_message_metadata_and_trailers()
    {
        var table = new ScriptedMethods().Unary<RefExistsRequest, RefExistsResponse>(Methods.Ref.RefExists, RefExistsRequest.Parser, (request, call) =>
        {
            Assert.Equal("r", request.Ref.ToStringUtf8());
            Assert.Equal("1|2", string.Join('|', call.GetHttpContext().Request.Headers["x-twice"].ToArray()));
            Assert.Equal("AAE", call.Header("x-raw-bin"));
            Assert.Equal("Bearer t", call.Header("authorization"));
            Assert.Equal("trailers", call.Header("te"));
            Assert.Null(call.GetHttpContext().Deadline().TimeLeft);
            call.ResponseTrailers.Add("x-end", "a");
            call.ResponseTrailers.Add("x-end", "b");
            return Task.FromResult(new RefExistsResponse { Value = true });
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        var options = new GrpcCallOptions { Metadata = new GrpcMetadata { { "x-twice", "1" }, { "x-raw-bin", "AAE" }, { "x-twice", "2" }, { "grpc-timeout", "1n" } } };
        var channel = new GrpcChannel(server.Invoker, () => "Bearer t");
        var response = await channel.UnaryAsync(Methods.Ref.RefExists, new RefExistsRequest { Ref = ByteString.CopyFromUtf8("r") }, RefExistsResponse.Parser, options, Ct());
        Assert.True(response.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300_000)]
    [InlineData(9_000_000)]
    public async Task Large_messages_pass_both_ways(int size)
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        var request = new SSHUploadPackRequest { Stdin = ByteString.CopyFrom(new byte[size]) };
        var response = await server.Channel.UnaryAsync("/t/Unary", request, SSHUploadPackResponse.Parser, null, Ct());
        Assert.Equal(size, response.Stdout.Length);
    }

    [Fact]
    public async Task Server_streaming_ends_with_trailers()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/ServerStream", SSHUploadPackResponse.Parser, null, Ct());
        await call.WriteAsync(new SSHUploadPackRequest { Stdin = ByteString.CopyFromUtf8("abc") }, Ct());
        await call.CompleteAsync(Ct());
        var all = new List<string>();
        await foreach (var message in call.ReadAllAsync(Ct()))
        {
            all.Add(message.Stdout.ToStringUtf8());
        }

        Assert.Equal(["abc", "abc", "abc"], all);
        Assert.Equal(["x", "y"], call.Trailers.GetAll("t"), StringComparer.Ordinal);
        Assert.Equal("h", call.ResponseHeaders.Get("x-head"));
        Assert.Null(await call.ReadAsync(Ct()));
    }

    [Fact]
    public async Task Client_streaming_collects_until_half_close()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/ClientStream", SSHUploadPackResponse.Parser, null, Ct());
        for (var i = 0; i < 100; i++)
        {
            await call.WriteAsync(new SSHUploadPackRequest { Stdin = ByteString.CopyFrom(new byte[1000]) }, Ct());
        }

        await call.CompleteAsync(Ct());
        Assert.Equal("100000", (await call.ReadAsync(Ct()))!.Stdout.ToStringUtf8());
        Assert.Null(await call.ReadAsync(Ct()));
    }

    [Fact]
    public async Task Duplex_answers_each_message_before_the_next()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Duplex", SSHUploadPackResponse.Parser, null, Ct());
        for (var i = 0; i < 20; i++)
        {
            await call.WriteAsync(new SSHUploadPackRequest { Stdin = ByteString.CopyFromUtf8($"ping {i}") }, Ct());
            Assert.Equal($"ping {i}", (await call.ReadAsync(Ct()))!.Stdout.ToStringUtf8());
        }

        await call.CompleteAsync(Ct());
        Assert.Null(await call.ReadAsync(Ct()));
    }

    [Fact]
    public async Task Half_close_without_a_message_is_an_empty_stream()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Duplex", SSHUploadPackResponse.Parser, null, Ct());
        await call.CompleteAsync(Ct());
        Assert.Null(await call.ReadAsync(Ct()));
    }

    [Fact]
    public async Task Half_close_without_a_message_where_one_is_needed_is_an_error()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Unary", SSHUploadPackResponse.Parser, null, Ct());
        await call.CompleteAsync(Ct());
        Assert.Equal(GrpcStatusCode.Internal, (await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()))).Status.Code);
    }

    [Fact]
    public async Task A_status_comes_with_text_details_and_trailers()
    {
        var thrown = new GrpcException(new GrpcStatus(GrpcStatusCode.FailedPrecondition, "tab\t☺ 100%") { Details = new byte[] { 8, 9 } }) { Trailers = new GrpcMetadata { { "k", "v" } } };
        await using var server = await GrpcTestServer.StartAsync(Failing(thrown));
        var error = await FailAsync(server);
        Assert.Equal(GrpcStatusCode.FailedPrecondition, error.Status.Code);
        Assert.Equal("tab\t☺ 100%", error.Status.Message);
        Assert.Equal([8, 9], error.Status.Details.ToArray());
        Assert.Equal("v", error.Trailers.Get("k"));
        Assert.False(error.Broken);
    }

    [Fact]
    public async Task A_failure_before_the_first_message_is_trailers_only()
    {
        await using var server = await GrpcTestServer.StartAsync(Failing(new GrpcException(GrpcStatusCode.NotFound, "no")));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://x/t/Fail")
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent([0, 0, 0, 0, 0]),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using var response = await server.Invoker.SendAsync(request, Ct());
        Assert.Equal("5", response.Headers.GetValues("grpc-status").Single());
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.ToString());
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Ct()));
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task A_failure_after_a_message_goes_into_trailers()
    {
        var table = new ScriptedMethods().ServerStream<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Fail", SSHUploadPackRequest.Parser, async (_, call, responses) =>
        {
            await responses.WriteAsync(new SSHUploadPackResponse(), call.CancellationToken);
            throw new GrpcException(GrpcStatusCode.Aborted, "late");
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Fail", SSHUploadPackResponse.Parser, null, Ct());
        await call.WriteAsync(new SSHUploadPackRequest(), Ct());
        await call.CompleteAsync(Ct());
        Assert.NotNull(await call.ReadAsync(Ct()));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.Aborted, "late"), (await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()))).Status);
    }

    [Fact]
    public async Task Any_other_failure_of_a_handler_is_internal_with_its_text()
    {
        await using var server = await GrpcTestServer.StartAsync(Failing(new InvalidOperationException("disk on fire")));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.Internal, "disk on fire"), (await FailAsync(server)).Status);
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        // Long enough for the call to reach a handler that was never called before, on a busy machine.
        var timeout = TimeSpan.FromSeconds(2);
        var cancelled = new TaskCompletionSource<TimeSpan?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var table = new ScriptedMethods().Unary<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Hang", SSHUploadPackRequest.Parser, async (_, call) =>
        {
            var left = call.GetHttpContext().Deadline().TimeLeft;
            call.CancellationToken.Register(() => cancelled.TrySetResult(left));
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return new SSHUploadPackResponse();
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        var options = new GrpcCallOptions { Timeout = timeout };
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel.UnaryAsync("/t/Hang", new SSHUploadPackRequest(), SSHUploadPackResponse.Parser, options, Ct()));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, error.Status.Code);
        Assert.InRange((await cancelled.Task.WaitAsync(s_patience))!.Value, TimeSpan.Zero, timeout);
    }

    [Fact]
    public async Task The_server_itself_answers_deadline_exceeded()
    {
        var table = new ScriptedMethods().Unary<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Hang", SSHUploadPackRequest.Parser, async (_, call) =>
        {
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return new SSHUploadPackResponse();
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        using var request = RawRequest("/t/Hang", [0, 0, 0, 0, 0]);
        request.Headers.TryAddWithoutValidation("grpc-timeout", "50m");
        using var response = await server.Invoker.SendAsync(request, Ct());
        Assert.Equal("4", response.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task A_deadline_ends_a_handler_whose_client_takes_nothing()
    {
        var ended = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var methods = new ScriptedMethods().ServerStream<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Flood", SSHUploadPackRequest.Parser, async (_, call, responses) =>
        {
            try
            {
                while (true)
                {
                    await responses.WriteAsync(new SSHUploadPackResponse { Stdout = ByteString.CopyFrom(new byte[64 * 1024]) }, call.CancellationToken);
                }
            }
            catch (Exception e)
            {
                ended.SetResult(e);
                throw;
            }
        });
        await using var server = await GrpcTestServer.StartAsync(methods);
        using var request = RawRequest("/t/Flood", [0, 0, 0, 0, 0]);
        request.Headers.TryAddWithoutValidation("grpc-timeout", "300m");
        using var response = await server.Invoker.SendAsync(request, Ct());
        await using var body = await response.Content.ReadAsStreamAsync(Ct());
        Assert.IsAssignableFrom<OperationCanceledException>(await ended.Task.WaitAsync(s_patience));

        // The connection serves on.
        using var next = RawRequest("/t/Nothing", [0, 0, 0, 0, 0]);
        using var answer = await server.Invoker.SendAsync(next, Ct());
        Assert.Equal("12", answer.Headers.GetValues("grpc-status").Single());
    }

    [Fact]
    public async Task A_deadline_ends_a_call_whose_client_never_sends_its_message()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>(
            "/t/Unary", SSHUploadPackResponse.Parser, new GrpcCallOptions { Timeout = TimeSpan.FromMilliseconds(200) }, Ct());
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()))).Status.Code);
    }

    [Fact]
    public async Task Cancelling_reaches_the_handler_and_is_no_status()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var table = new ScriptedMethods().Unary<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Hang", SSHUploadPackRequest.Parser, async (_, call) =>
        {
            call.CancellationToken.Register(() => cancelled.TrySetResult());
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
            return new SSHUploadPackResponse();
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        using var stop = new CancellationTokenSource();
        var pending = server.Channel.UnaryAsync("/t/Hang", new SSHUploadPackRequest(), SSHUploadPackResponse.Parser, null, stop.Token);
        await entered.Task.WaitAsync(s_patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await cancelled.Task.WaitAsync(s_patience);
    }

    [Fact]
    public async Task Disposing_a_call_before_its_end_cancels_it()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var table = new ScriptedMethods().Duplex<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Duplex", SSHUploadPackRequest.Parser, async (_, call, responses) =>
        {
            call.CancellationToken.Register(() => cancelled.TrySetResult());
            await responses.WriteAsync(new SSHUploadPackResponse(), call.CancellationToken);
            await Task.Delay(Timeout.Infinite, call.CancellationToken);
        });
        await using var server = await GrpcTestServer.StartAsync(table);
        await using (var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Duplex", SSHUploadPackResponse.Parser, null, Ct()))
        {
            Assert.NotNull(await call.ReadAsync(Ct()));
        }

        await cancelled.Task.WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_server_that_ends_early_ends_the_call_with_its_status()
    {
        var table = new ScriptedMethods().ClientStream<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Early", SSHUploadPackRequest.Parser, (_, _) =>
            throw new GrpcException(GrpcStatusCode.ResourceExhausted, "enough"));
        await using var server = await GrpcTestServer.StartAsync(table);
        await using var call = server.Channel.Open<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Early", SSHUploadPackResponse.Parser, null, Ct());
        var error = await Assert.ThrowsAsync<GrpcException>(() => call.ReadAsync(Ct()));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.ResourceExhausted, "enough"), error.Status);
        Assert.False(error.Broken);
    }

    [Fact]
    public async Task Messages_beyond_a_limit_are_refused_on_either_side()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo(), maxMessageBytes: 1000);
        var large = new SSHUploadPackRequest { Stdin = ByteString.CopyFrom(new byte[2000]) };
        var error = await Assert.ThrowsAsync<GrpcException>(() => server.Channel.UnaryAsync("/t/Unary", large, SSHUploadPackResponse.Parser, null, Ct()));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, error.Status.Code);
        var small = new SSHUploadPackRequest { Stdin = ByteString.CopyFrom(new byte[500]) };
        error = await Assert.ThrowsAsync<GrpcException>(() =>
            server.Channel.UnaryAsync("/t/Unary", small, SSHUploadPackResponse.Parser, new GrpcCallOptions { MaxMessageBytes = 100 }, Ct()));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, error.Status.Code);
    }

    [Fact]
    public async Task Health_answers_for_the_names_it_knows_and_tells_watchers()
    {
        await using var server = await GrpcTestServer.StartAsync(Echo());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await CheckAsync("")).Status);
        Assert.Equal(GrpcStatusCode.NotFound, (await Assert.ThrowsAsync<GrpcException>(() => CheckAsync("other"))).Status.Code);
        await using var watch = server.Channel.Open<HealthCheckRequest, HealthCheckResponse>(Methods.Health.Watch, HealthCheckResponse.Parser, null, Ct());
        await watch.WriteAsync(new HealthCheckRequest(), Ct());
        await watch.CompleteAsync(Ct());
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await watch.ReadAsync(Ct()))!.Status);
        server.BeginStop();
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await watch.ReadAsync(Ct()))!.Status);

        Task<HealthCheckResponse> CheckAsync(string name) =>
            server.Channel.UnaryAsync(Methods.Health.Check, new HealthCheckRequest { Service = name }, HealthCheckResponse.Parser, null, Ct());
    }

    internal static ScriptedMethods Echo() => new ScriptedMethods()
        .Unary<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Unary", SSHUploadPackRequest.Parser, (r, _) => Task.FromResult(new SSHUploadPackResponse { Stdout = r.Stdin }))
        .ServerStream<SSHUploadPackRequest, SSHUploadPackResponse>("/t/ServerStream", SSHUploadPackRequest.Parser, async (r, call, responses) =>
        {
            call.GetHttpContext().Response.Headers["x-head"] = "h";
            call.ResponseTrailers.Add("t", "x");
            call.ResponseTrailers.Add("t", "y");
            for (var i = 0; i < 3; i++)
            {
                await responses.WriteAsync(new SSHUploadPackResponse { Stdout = r.Stdin }, call.CancellationToken);
            }
        })
        .ClientStream<SSHUploadPackRequest, SSHUploadPackResponse>("/t/ClientStream", SSHUploadPackRequest.Parser, async (requests, _) =>
        {
            var sum = 0;
            await foreach (var request in requests)
            {
                sum += request.Stdin.Length;
            }

            return new SSHUploadPackResponse { Stdout = ByteString.CopyFromUtf8(sum.ToString()) };
        })
        .Duplex<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Duplex", SSHUploadPackRequest.Parser, async (requests, call, responses) =>
        {
            await foreach (var request in requests)
            {
                await responses.WriteAsync(new SSHUploadPackResponse { Stdout = request.Stdin }, call.CancellationToken);
            }
        });

    internal static HttpRequestMessage RawRequest(string path, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "http://x" + path)
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        return request;
    }

    private static CancellationToken Ct() => new CancellationTokenSource(s_patience).Token;

    private static ScriptedMethods Failing(Exception exception) =>
        new ScriptedMethods().Unary<SSHUploadPackRequest, SSHUploadPackResponse>("/t/Fail", SSHUploadPackRequest.Parser, (_, _) => Task.FromException<SSHUploadPackResponse>(exception));

    private static Task<GrpcException> FailAsync(GrpcTestServer server) =>
        Assert.ThrowsAsync<GrpcException>(() => server.Channel.UnaryAsync("/t/Fail", new SSHUploadPackRequest(), SSHUploadPackResponse.Parser, null, Ct()));
}
