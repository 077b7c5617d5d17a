using Google.Protobuf;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Grains.Turns;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests.Turns;

public sealed class TurnsOfCalls
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly string s_list =
        PushCommandsTests.Packet($"{PushCommandsTests.Old} {PushCommandsTests.New} refs/heads/main\0caps") + "0000";

    [Fact]
    public async Task A_write_asks_for_its_turn_with_its_beginning_and_keeps_its_id_while_it_waits()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.WriteRef, new WriteRefResponse());
        cluster.Repository.Beginning = _ => cluster.Repository.Mutators.Count < 3 ? throw new RouteException(RouteFailure.TurnPending, "x") : Task.CompletedTask;
        await WriteAsync(cluster);
        Assert.Equal(3, cluster.Repository.Mutators.Count);
        Assert.Single(cluster.Repository.Mutators.Select(m => m.TransactionId).Distinct());
        Assert.All(cluster.Repository.Mutators, m => Assert.Equal<string>(["refs/heads/main"], m.Turns));
        Assert.Empty(cluster.Repository.TurnsTaken);
    }

    [Fact]
    public async Task A_client_that_leaves_before_its_turn_gives_its_write_up()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var leaving = new CancellationTokenSource();
        cluster.Repository.Beginning = _ => new TaskCompletionSource().Task;
        var write = WriteAsync(cluster, leaving.Token);
        while (cluster.Repository.Mutators.IsEmpty)
            await Task.Yield();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        Assert.Equal(cluster.Repository.Mutators.First().TransactionId, await cluster.Repository.Abandoned.WaitAsync(s_patience));
        Assert.Empty(cluster.Nodes[0].Requests);
    }

    [Fact]
    public async Task Too_many_that_wait_are_told_to_come_back_later()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = RouteFailure.TooManyWaiting;
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));
        Assert.Equal(GrpcStatusCode.ResourceExhausted, e.Status.Code);
        Assert.Contains("wait for their turn", e.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_push_reaches_a_node_before_its_turn_and_all_of_it_afterwards()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var (turn, asked, advertised) = (new TaskCompletionSource<TurnAnswer>(), 0, new TaskCompletionSource());
        cluster.Repository.Turn = _ => ++asked == 1 ? Task.FromResult(TurnAnswer.Pending) : turn.Task;
        var received = new System.Collections.Concurrent.ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
            OnPush(node, received);
        await using var call = await PushAsync(cluster);
        Assert.Equal("advertisement", (await call.ReadAsync(default))!.Data.ToStringUtf8());
        while (cluster.Repository.TurnsTaken.Count < 2)
            await Task.Yield();
        Assert.All(cluster.Repository.TurnsTaken, k => Assert.Equal<string>(["refs/heads/main"], k));
        Assert.Empty(received);
        turn.SetResult(TurnAnswer.Granted);
        await call.WriteAsync(new PostReceivePackRequest { Data = ByteString.CopyFromUtf8("the rest") }, default);
        await call.CompleteAsync(default);
        Assert.Null(await call.ReadAsync(default));
        Assert.Equal([s_list + "PACK" + "the rest", s_list + "PACK" + "the rest"], received.Values);
    }

    [Theory]
    [InlineData(false, GrpcStatusCode.ResourceExhausted)]
    [InlineData(true, GrpcStatusCode.Unavailable)]
    public async Task A_push_without_a_turn_ends_with_the_reason_and_its_nodes_are_cut_off(bool lost, GrpcStatusCode code)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Repository.Turn = _ => lost ? Task.FromResult(TurnAnswer.Lost) : throw new RouteException(RouteFailure.TooManyWaiting, "x");
        var received = new System.Collections.Concurrent.ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
            OnPush(node, received);
        await using var call = await PushAsync(cluster);
        var e = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            while (await call.ReadAsync(default) is not null)
            {
            }
        });
        Assert.Equal(code, e.Status.Code);
        Assert.All(await cluster.Repository.Finished.WaitAsync(s_patience), o => Assert.True(o.Broken));
        Assert.Empty(received);
        Assert.Empty(cluster.Grains.Suspected);
    }

    [Fact]
    public async Task A_push_that_its_client_leaves_while_it_waits_is_over_at_once()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var leaving = new CancellationTokenSource();
        var left = new TaskCompletionSource();
        cluster.Repository.Turn = async token =>
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            left.SetResult();
            throw new OperationCanceledException(token);
        };
        OnPush(cluster.Nodes[0], []);
        var call = await PushAsync(cluster);
        while (cluster.Repository.TurnsTaken.IsEmpty)
            await Task.Yield();
        await call.DisposeAsync();
        await left.Task.WaitAsync(s_patience);
        Assert.True(Assert.Single(await cluster.Repository.Finished.WaitAsync(s_patience)).Broken);
    }

    private static async Task<GrpcClientCall<PostReceivePackRequest, PostReceivePackResponse>> PushAsync(TestCluster cluster)
    {
        var call = cluster.Client.Open<PostReceivePackRequest, PostReceivePackResponse>(Methods.SmartHTTP.PostReceivePack, PostReceivePackResponse.Parser, null, default);
        await call.WriteAsync(new PostReceivePackRequest { Repository = TestCluster.Target, GlId = "user-1" }, default);
        await call.WriteAsync(new PostReceivePackRequest { Data = ByteString.CopyFromUtf8(s_list + "PACK") }, default);
        return call;
    }

    /// <summary>Sends something at once, as git sends its references, and answers when the client has sent everything.</summary>
    private static void OnPush(FakeNode node, System.Collections.Concurrent.ConcurrentDictionary<string, string> received) =>
        node.On(Methods.SmartHTTP.PostReceivePack, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await FakeNode.WriteAsync(http, new PostReceivePackResponse { Data = ByteString.CopyFromUtf8("advertisement") });
            var text = "";
            while (await FakeNode.FirstAsync(http) is { } frame)
            {
                text += PostReceivePackRequest.Parser.ParseFrom(frame.Message.Span).Data.ToStringUtf8();
                frame.Dispose();
            }

            received[node.Storage] = text;
            Microsoft.AspNetCore.Http.ResponseTrailerExtensions.AppendTrailer(http.Response, "grpc-status", "0");
        });

    private static Task<WriteRefResponse> WriteAsync(TestCluster cluster, CancellationToken ct = default) => cluster.Client.UnaryAsync(
        Methods.Repository.WriteRef,
        new WriteRefRequest { Repository = TestCluster.Target, Ref = ByteString.CopyFromUtf8("refs/heads/main") }, WriteRefResponse.Parser, null, ct);
}
