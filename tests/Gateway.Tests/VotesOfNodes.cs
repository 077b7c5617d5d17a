using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Transactions;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Votes as nodes cast them over the backchannel, and what they are answered.</summary>
public sealed class VotesOfNodes
{
    [Theory]
    [InlineData(VoteAnswer.Abort, VoteTransactionResponse.Types.TransactionState.Abort)]
    [InlineData(VoteAnswer.Stop, VoteTransactionResponse.Types.TransactionState.Stop)]
    public async Task A_decided_vote_is_answered_with_its_state(VoteAnswer answer, VoteTransactionResponse.Types.TransactionState state)
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(answer, "x"));
        VoteTransactionResponse? got = null;
        Writes.On(cluster.Nodes[0], async http =>
        {
            got = await Writes.VoteAsync(http);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await Writes.SendAsync(cluster);
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
        Writes.On(cluster.Nodes[0], async http =>
        {
            got = await Assert.ThrowsAsync<GrpcException>(async () => { await Writes.VoteAsync(http); });
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await Writes.SendAsync(cluster);
        Assert.Equal((code, message), (got!.Status.Code, got.Status.Message));
    }

    [Fact]
    public async Task A_vote_is_handed_on_with_its_number_until_it_is_decided()
    {
        await using var cluster = await TestCluster.StartAsync();
        var asked = 0;
        cluster.Repository.Voting = (_, _) => Interlocked.Increment(ref asked) switch
        {
            // Its silo breaks, then takes long, then decides. The next vote is another one.
            1 => throw new InvalidOperationException("the silo is gone"),
            2 => Task.FromResult(VoteResult.Pending),
            _ => Task.FromResult(VoteResult.Commit),
        };
        var answers = new List<VoteTransactionResponse.Types.TransactionState>();
        Writes.On(cluster.Nodes[0], async http =>
        {
            answers.Add((await Writes.VoteAsync(http)).State);
            answers.Add((await Writes.VoteAsync(http)).State);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });

        await Writes.SendAsync(cluster);

        Assert.All(answers, state => Assert.Equal(VoteTransactionResponse.Types.TransactionState.Commit, state));
        Assert.Equal([1, 1, 1, 2], cluster.Repository.Numbers);
    }

    /// <summary>A silo that died takes the writes under way in it along: their ids are right, so "not found" would be wrong, and a retry is the answer.</summary>
    [Fact]
    public async Task Votes_in_a_write_that_its_grain_has_lost_are_unavailable_the_waiting_ones_included()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        var waiting = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        var allWait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource<VoteResult>();
        cluster.Repository.Voting = async (storage, _) =>
        {
            if (storage != cluster.Nodes[0].Storage)
            {
                waiting[storage] = true;
                if (waiting.Count == cluster.Nodes.Length - 1)
                    allWait.TrySetResult();
                return await never.Task;
            }

            await allWait.Task;
            return new VoteResult(VoteAnswer.NotFound, "x");
        };
        var refusals = new ConcurrentQueue<GrpcException>();
        foreach (var node in cluster.Nodes)
        {
            Writes.On(node, async http =>
            {
                using var first = await FakeNode.FirstAsync(http);
                var refusal = await Assert.ThrowsAsync<GrpcException>(async () => { await Writes.VoteAsync(http); });
                refusals.Enqueue(refusal);
                await GrpcResponses.WriteStatusAsync(http, refusal.Status);
            });
        }

        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));

        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
        Assert.Equal(cluster.Nodes.Length, refusals.Count);
        Assert.All(refusals, r => Assert.Equal(GrpcStatusCode.Unavailable, r.Status.Code));
        Assert.All(refusals, r => Assert.EndsWith("is lost: the silo that counted its votes is gone", r.Status.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stop_of_a_write_that_its_grain_has_lost_is_unavailable()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Repository.Stopping = () => Task.FromResult(new VoteResult(VoteAnswer.NotFound, "x"));
        GrpcException? got = null;
        Writes.On(cluster.Nodes[0], async http =>
        {
            got = await Assert.ThrowsAsync<GrpcException>(async () => { await StopAsync(cluster, Writes.Transaction(http.Request.Headers).Id); });
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await Writes.SendAsync(cluster);
        Assert.Equal(GrpcStatusCode.Unavailable, got!.Status.Code);
    }

    /// <summary>The grain forgets a write with its outcome, a moment before the gateway does: whoever votes then is late, as with Praefect.</summary>
    [Fact]
    public async Task A_vote_that_comes_while_the_outcome_is_recorded_finds_no_transaction()
    {
        await using var cluster = await TestCluster.StartAsync();
        var recorded = new TaskCompletionSource<FinishResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Repository.Finish = () => recorded.Task;
        ulong id = 0;
        Writes.On(cluster.Nodes[0], async http =>
        {
            id = Writes.Transaction(http.Request.Headers).Id;
            await Writes.Votes(http);
        });
        var write = Writes.SendAsync(cluster);
        await cluster.Repository.Finished.WaitAsync(Writes.Patience);
        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(VoteAnswer.NotFound, "x"));

        var late = new VoteTransactionRequest { TransactionId = id, Node = cluster.Nodes[0].Storage, ReferenceUpdatesHash = ByteString.CopyFrom(new byte[20]) };
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(Methods.RefTransaction.VoteTransaction, late, VoteTransactionResponse.Parser, null, default));

        Assert.Equal((GrpcStatusCode.NotFound, $"transaction not found: {id}"), (e.Status.Code, e.Status.Message));
        recorded.SetResult(new FinishResult(WriteOutcome.Recorded, 1, [], []));
        await write;
    }

    [Fact]
    public async Task A_vote_of_the_wrong_length_or_for_nothing_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync();
        var e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.RefTransaction.VoteTransaction, new VoteTransactionRequest { ReferenceUpdatesHash = ByteString.CopyFrom(new byte[3]) }, VoteTransactionResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "invalid reference update hash: invalid vote length 3"), (e.Status.Code, e.Status.Message));
        e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.RefTransaction.VoteTransaction,
            new VoteTransactionRequest { TransactionId = 7, ReferenceUpdatesHash = ByteString.CopyFrom(new byte[20]) }, VoteTransactionResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "transaction not found: 7"), (e.Status.Code, e.Status.Message));
        e = await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(
            Methods.RefTransaction.StopTransaction, new StopTransactionRequest { TransactionId = 7 }, StopTransactionResponse.Parser, null, default));
        Assert.Equal((GrpcStatusCode.NotFound, "transaction not found: 7"), (e.Status.Code, e.Status.Message));
    }

    /// <summary>Group D1 of the cases: what each action adds to <c>gitaly_praefect_transactions_total</c>.</summary>
    [Fact]
    public async Task Votes_and_stops_are_counted_by_what_became_of_them()
    {
        await using var cluster = await TestCluster.StartAsync();
        var counts = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        var own = cluster.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "gitaly_praefect_transactions_total" && ReferenceEquals(instrument.Meter.Scope, own))
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, labels, _) => counts.AddOrUpdate($"{labels[0].Value}", value, (_, before) => before + value));
        listener.Start();

        Writes.On(cluster.Nodes[0], Writes.Votes);
        await Writes.SendAsync(cluster);
        Assert.Equal("committed 1, registered 1, started 1", Counted());

        var vote = new VoteTransactionRequest { TransactionId = 7, ReferenceUpdatesHash = ByteString.CopyFrom(new byte[20]) };
        await Assert.ThrowsAsync<GrpcException>(() => cluster.Client.UnaryAsync(Methods.RefTransaction.VoteTransaction, vote, VoteTransactionResponse.Parser, null, default));
        await Assert.ThrowsAsync<GrpcException>(() => StopAsync(cluster, 7));
        Assert.Equal("committed 1, invalid 1, registered 1, started 2", Counted());

        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(VoteAnswer.Stop, "x"));
        Writes.On(cluster.Nodes[0], async http =>
        {
            await StopAsync(cluster, Writes.Transaction(http.Request.Headers).Id);
            await Writes.Votes(http);
        });
        await Writes.SendAsync(cluster);
        Assert.Equal("committed 1, invalid 1, registered 2, started 3, stopped 2", Counted());

        string Counted() => string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));
    }
    private static Task<StopTransactionResponse> StopAsync(TestCluster cluster, ulong id) => cluster.Client.UnaryAsync(
        Methods.RefTransaction.StopTransaction, new StopTransactionRequest { TransactionId = id }, StopTransactionResponse.Parser, null, default);
}
