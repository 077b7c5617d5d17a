using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

public sealed class WritesOnAllReplicas
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static Task<WriteRefResponse> WriteAsync(TestCluster cluster, TimeSpan? timeout = null, CancellationToken ct = default) => cluster.Client.UnaryAsync(
        Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser, new GrpcCallOptions { Timeout = timeout }, ct);

    private static (ulong Id, string Node, bool Primary) Transaction(IHeaderDictionary headers)
    {
        using var json = JsonDocument.Parse(Convert.FromBase64String(headers["gitaly-reference-transaction"]!));
        return (json.RootElement.GetProperty("id").GetUInt64(), json.RootElement.GetProperty("node").GetString()!, json.RootElement.GetProperty("primary").GetBoolean());
    }

    private static async Task<VoteTransactionResponse> VoteAsync(HttpContext http, byte vote = 1, int length = 20)
    {
        var transaction = Transaction(http.Request.Headers);
        var hash = new byte[length];
        hash.AsSpan().Fill(vote);
        return await new GrpcChannel(http.Features.Get<IBackchannelFeature>()!.Invoker).UnaryAsync(
            Methods.RefTransaction.VoteTransaction,
            new VoteTransactionRequest { TransactionId = transaction.Id, Node = transaction.Node, ReferenceUpdatesHash = ByteString.CopyFrom(hash), Phase = VoteTransactionRequest.Types.Phase.PreparedPhase },
            VoteTransactionResponse.Parser, null, http.RequestAborted);
    }

    private static void OnWrite(FakeNode node, RequestDelegate handler) => node.On(Methods.Repository.WriteRef, handler);

    private static RequestDelegate Votes => async http =>
    {
        using var first = await FakeNode.FirstAsync(http);
        await VoteAsync(http);
        await FakeNode.SendAsync(http, new WriteRefResponse());
    };

    [Fact]
    public async Task Every_replica_gets_the_write_as_its_own_and_votes_over_the_backchannel()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, WriteRefRequest>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            OnWrite(node, async http =>
            {
                using var first = await FakeNode.FirstAsync(http);
                seen[node.Storage] = WriteRefRequest.Parser.ParseFrom(first!.Message.Span);
                await VoteAsync(http);
                await FakeNode.SendAsync(http, new WriteRefResponse());
            });
        }

        await WriteAsync(cluster);
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal((node.Storage, FakeRepository.ReplicaPath), (seen[node.Storage].Repository.StorageName, seen[node.Storage].Repository.RelativePath));
            var headers = Assert.Single(node.Requests).Headers;
            Assert.Equal((node.Storage, node.Storage == "gitaly-1"), (Transaction(headers).Node, Transaction(headers).Primary));
            Assert.Equal("false", headers["gitaly-feature-bundle-uri"]);
        }

        Assert.Equal("gitaly-1 gitaly-2 gitaly-3", string.Join(' ', cluster.Repository.Votes.Select(v => v.Storage).Order(StringComparer.Ordinal)));
        var outcomes = await cluster.Repository.Finished.WaitAsync(s_patience);
        Assert.All(outcomes, o => Assert.Equal((0, false), (o.StatusCode, o.Broken)));
        Assert.Equal(3, outcomes.Length);
    }

    [Fact]
    public async Task The_clients_status_waits_for_the_recorded_outcome()
    {
        await using var cluster = await TestCluster.StartAsync();
        OnWrite(cluster.Nodes[0], Votes);
        var recorded = new TaskCompletionSource<FinishResult>();
        cluster.Repository.Finish = () => recorded.Task;
        var write = WriteAsync(cluster);
        await cluster.Repository.Finished.WaitAsync(s_patience);
        Assert.False(write.IsCompleted);
        recorded.SetResult(new FinishResult(WriteOutcome.Recorded, 2, [], []));
        await write.WaitAsync(s_patience);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_outcome_in_doubt_is_never_a_success(bool throws)
    {
        await using var cluster = await TestCluster.StartAsync();
        OnWrite(cluster.Nodes[0], Votes);
        cluster.Repository.Finish = () => throws
            ? throw new RouteException(RouteFailure.StoreUnavailable, "x")
            : Task.FromResult(new FinishResult(WriteOutcome.InDoubt, 1, [], []));
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }

    [Fact]
    public async Task A_secondary_that_fails_is_told_to_the_grain_and_not_to_the_client()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        OnWrite(cluster.Nodes[0], Votes);
        OnWrite(cluster.Nodes[1], Votes);
        cluster.Nodes[2].Fails(Methods.Repository.WriteRef, new GrpcStatus(GrpcStatusCode.NotFound, "no such thing"));
        await WriteAsync(cluster);
        Assert.Equal("gitaly-3", Assert.Single(cluster.Repository.CancelledVoters));
        var outcome = (await cluster.Repository.Finished).Single(o => o.Storage == "gitaly-3");
        Assert.Equal(new NodeOutcome("gitaly-3", 5, "no such thing", false), outcome);
    }

    [Fact]
    public async Task A_primary_that_fails_gives_its_error_and_lets_secondaries_end_alike()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2, configure: o => o.GraceAfterPrimaryFailure = TimeSpan.FromSeconds(10));
        var primaryDone = new TaskCompletionSource();
        var status = new GrpcStatus(GrpcStatusCode.FailedPrecondition, "reference exists") { Details = new byte[] { 8, 9 } };
        OnWrite(cluster.Nodes[0], async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await GrpcResponses.WriteStatusAsync(http, status);
            primaryDone.SetResult();
        });
        OnWrite(cluster.Nodes[1], async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await primaryDone.Task;
            await GrpcResponses.WriteStatusAsync(http, status);
        });
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));
        Assert.Equal((status.Code, status.Message), (e.Status.Code, e.Status.Message));
        Assert.Equal(status.Details.ToArray(), e.Status.Details.ToArray());
        Assert.All(await cluster.Repository.Finished, o => Assert.Equal((9, false), (o.StatusCode, o.Broken)));
    }

    [Fact]
    public async Task A_secondary_that_hangs_after_the_primary_failed_is_cut_off()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Fails(Methods.Repository.WriteRef, new GrpcStatus(GrpcStatusCode.Internal, "foo"));
        OnWrite(cluster.Nodes[1], async http => await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));
        Assert.Equal("foo", e.Status.Message);
        Assert.True((await cluster.Repository.Finished).Single(o => o.Storage == "gitaly-2").Broken);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_all_nodes_and_the_outcome_is_still_recorded()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var gone = new CountdownEvent(2);
        var arrived = new CountdownEvent(2);
        foreach (var node in cluster.Nodes)
        {
            OnWrite(node, async http =>
            {
                arrived.Signal();
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                gone.Signal();
            });
        }

        using var stop = new CancellationTokenSource();
        var write = WriteAsync(cluster, ct: stop.Token);
        Assert.True(await Task.Run(() => arrived.Wait(s_patience)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        Assert.All(await cluster.Repository.Finished.WaitAsync(s_patience), o => Assert.True(o.Broken));
        Assert.True(await Task.Run(() => gone.Wait(s_patience)));
    }

    [Fact]
    public async Task A_write_that_times_out_says_so_and_is_recorded_as_broken()
    {
        await using var cluster = await TestCluster.StartAsync();
        OnWrite(cluster.Nodes[0], async http => await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster, timeout: TimeSpan.FromSeconds(3)));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, e.Status.Code);
        Assert.True(Assert.Single(await cluster.Repository.Finished.WaitAsync(s_patience)).Broken);
    }

    [Fact]
    public async Task A_stream_reaches_all_replicas_whole_and_only_the_primary_answers()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        var received = new System.Collections.Concurrent.ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            node.On(Methods.SmartHTTP.PostReceivePack, async http =>
            {
                long count = 0;
                while (true)
                {
                    var read = await http.Request.BodyReader.ReadAsync();
                    count += read.Buffer.Length;
                    http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                    if (read.IsCompleted)
                        break;
                }

                received[node.Storage] = count;
                await VoteAsync(http);
                await FakeNode.SendAsync(http, new PostReceivePackResponse { Data = ByteString.CopyFromUtf8(node.Storage) });
            });
        }

        await using var call = cluster.Client.Open<PostReceivePackRequest, PostReceivePackResponse>(
            Methods.SmartHTTP.PostReceivePack, PostReceivePackResponse.Parser, null, default);
        await call.WriteAsync(new PostReceivePackRequest { Repository = TestCluster.Target }, default);
        for (var i = 0; i < 40; i++)
            await call.WriteAsync(new PostReceivePackRequest { Data = ByteString.CopyFrom(new byte[100_000]) }, default);
        await call.CompleteAsync(default);
        var answers = new List<string>();
        await foreach (var answer in call.ReadAllAsync(default))
            answers.Add(answer.Data.ToStringUtf8());
        Assert.Equal(["gitaly-1"], answers);
        Assert.Equal(3, received.Count);
        Assert.All(received.Values, v => Assert.InRange(v, 4_000_000, 4_010_000));
        Assert.Single(received.Values.Distinct());
    }

    [Theory]
    [InlineData(VoteAnswer.Abort, VoteTransactionResponse.Types.TransactionState.Abort)]
    [InlineData(VoteAnswer.Stop, VoteTransactionResponse.Types.TransactionState.Stop)]
    public async Task A_decided_vote_is_answered_with_its_state(VoteAnswer answer, VoteTransactionResponse.Types.TransactionState state)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(answer, "x"));
        VoteTransactionResponse? got = null;
        OnWrite(cluster.Nodes[0], async http =>
        {
            got = await VoteAsync(http);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await WriteAsync(cluster);
        Assert.Equal(state, got!.State);
    }

    [Theory]
    [InlineData(VoteAnswer.Canceled, GrpcStatusCode.Cancelled, "transaction has been canceled")]
    [InlineData(VoteAnswer.Invalid, GrpcStatusCode.Internal, "node already cast a vote: \"x\"")]
    public async Task A_vote_that_cannot_be_counted_is_an_error(VoteAnswer answer, GrpcStatusCode code, string message)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(answer, "node already cast a vote: \"x\""));
        GrpcException? got = null;
        OnWrite(cluster.Nodes[0], async http =>
        {
            got = await Assert.ThrowsAsync<GrpcException>(async () => { await VoteAsync(http); });
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await WriteAsync(cluster);
        Assert.Equal((code, message), (got!.Status.Code, got.Status.Message));
    }

    [Fact]
    public async Task A_vote_of_the_wrong_length_or_for_nothing_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.RefTransaction.VoteTransaction, new VoteTransactionRequest { ReferenceUpdatesHash = ByteString.CopyFrom(new byte[3]) }, VoteTransactionResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "invalid reference update hash: invalid vote length 3"), (e.Status.Code, e.Status.Message));
        e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.RefTransaction.StopTransaction, new StopTransactionRequest { TransactionId = 7 }, StopTransactionResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "transaction not found: 7"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_write_under_way_is_renewed()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.RenewInterval = TimeSpan.FromMilliseconds(50));
        ulong id = 0;
        OnWrite(cluster.Nodes[0], async http =>
        {
            id = Transaction(http.Request.Headers).Id;
            await cluster.Repository.Renewed.WaitAsync(s_patience);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await WriteAsync(cluster);
        Assert.Equal(id, Assert.Single(await cluster.Repository.Renewed));
    }

    [Fact]
    public async Task A_stop_waits_for_outcomes_being_recorded()
    {
        await using var cluster = await TestCluster.StartAsync();
        OnWrite(cluster.Nodes[0], Votes);
        var (recording, recorded) = (new TaskCompletionSource<FinishResult>(), false);
        cluster.Repository.Finish = async () =>
        {
            var result = await recording.Task;
            recorded = true;
            return result;
        };
        using var stop = new CancellationTokenSource();
        var write = WriteAsync(cluster, ct: stop.Token);
        await cluster.Repository.Finished.WaitAsync(s_patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        var work = cluster.Services.GetRequiredService<Background.BackgroundWork>();
        var stopped = work.StopAsync(default);
        Assert.False(stopped.IsCompleted);
        recording.SetResult(new FinishResult(WriteOutcome.Recorded, 1, [], []));
        await stopped.WaitAsync(s_patience);
        Assert.True(recorded);
    }

    [Fact]
    public async Task A_destination_that_takes_nothing_slows_the_client()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        foreach (var node in cluster.Nodes)
        {
            node.On(Methods.SmartHTTP.PostReceivePack, async http =>
            {
                if (node.Storage == "gitaly-2")
                    await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await http.Request.BodyReader.CopyToAsync(Stream.Null, http.RequestAborted);
            });
        }

        await using var call = cluster.Client.Open<PostReceivePackRequest, PostReceivePackResponse>(
            Methods.SmartHTTP.PostReceivePack, PostReceivePackResponse.Parser, null, default);
        await call.WriteAsync(new PostReceivePackRequest { Repository = TestCluster.Target }, default);
        var piece = new PostReceivePackRequest { Data = ByteString.CopyFrom(new byte[256 * 1024]) };
        var sent = 0;
        for (; sent < 256; sent++)
        {
            var write = call.WriteAsync(piece, default);
            if (await Task.WhenAny(write, Task.Delay(1500)) != write)
                break;
        }

        Assert.InRange(sent, 1, 128);
    }

    [Fact]
    public async Task A_read_only_repository_refuses_writes()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.BeginFails = RouteFailure.ReadOnly;
        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));
        Assert.Equal((GrpcStatusCode.FailedPrecondition, "repository is in read-only mode"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_fork_is_placed_beside_its_source_and_the_nodes_are_told()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Answers(Methods.Repository.CreateFork, new CreateForkResponse());
        var placement = new Placement("@cluster/repositories/aa/bb/9", "gitaly-1", ["gitaly-1"], [], true);
        cluster.Grains.At(TestCluster.VirtualStorage, "source.git").Placement = placement;
        var request = new CreateForkRequest
        {
            Repository = TestCluster.Target,
            SourceRepository = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "source.git" },
        };
        await cluster.Client.UnaryAsync(Methods.Repository.CreateFork, request, CreateForkResponse.Parser, null, default);
        Assert.Equal(placement, cluster.Repository.Creation!.Beside);
        Assert.Equal(placement.ReplicaPath, Assert.Single(cluster.Nodes[0].Requests).Headers["gitaly-partitioning-hint"]);
    }

    [Fact]
    public async Task A_pool_beside_an_unknown_origin_or_one_elsewhere_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var request = new CreateObjectPoolRequest
        {
            ObjectPool = new ObjectPool { Repository = TestCluster.Target },
            Origin = new Repository { StorageName = TestCluster.VirtualStorage, RelativePath = "unknown.git" },
        };
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.ObjectPool.CreateObjectPool, request, CreateObjectPoolResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "route repository creation: additional repository not found"), (e.Status.Code, e.Status.Message));
        request.Origin.StorageName = "other";
        e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.ObjectPool.CreateObjectPool, request, CreateObjectPoolResponse.Parser, null, default));
        Assert.Equal(
            (GrpcStatusCode.InvalidArgument, "resolving additional repository on different storage than target repository is not supported"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task Housekeeping_reaches_every_replica_and_reports_the_first_error()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        cluster.Nodes[0].Answers(Methods.Repository.OptimizeRepository, new OptimizeRepositoryResponse());
        cluster.Nodes[1].Fails(Methods.Repository.OptimizeRepository, new GrpcStatus(GrpcStatusCode.NotFound, "first"));
        cluster.Nodes[2].Fails(Methods.Repository.OptimizeRepository, new GrpcStatus(GrpcStatusCode.Internal, "second"));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.OptimizeRepository, new OptimizeRepositoryRequest { Repository = TestCluster.Target }, OptimizeRepositoryResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "first"), (e.Status.Code, e.Status.Message));
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
    }

    [Fact]
    public async Task A_removed_repository_is_gone_from_the_disks_and_removed_once()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Answers(Methods.Repository.RemoveRepository, new RemoveRepositoryResponse());
        cluster.Nodes[1].Fails(Methods.Repository.RemoveRepository, new GrpcStatus(GrpcStatusCode.Internal, "disk"));
        var request = new RemoveRepositoryRequest { Repository = TestCluster.Target };
        await cluster.Client.UnaryAsync(Methods.Repository.RemoveRepository, request, RemoveRepositoryResponse.Parser, null, default);
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.Repository.RemoveRepository, request, RemoveRepositoryResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "repository does not exist"), (e.Status.Code, e.Status.Message));
    }
}
