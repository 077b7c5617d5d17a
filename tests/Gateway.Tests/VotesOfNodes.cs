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
        await Assert.ThrowsAsync<GrpcException>(() => StopAsync(7));
        Assert.Equal("committed 1, invalid 1, registered 1, started 2", Counted());

        cluster.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(VoteAnswer.Stop, "x"));
        Writes.On(cluster.Nodes[0], async http =>
        {
            await StopAsync(Writes.Transaction(http.Request.Headers).Id);
            await Writes.Votes(http);
        });
        await Writes.SendAsync(cluster);
        Assert.Equal("committed 1, invalid 1, registered 2, started 3, stopped 2", Counted());

        Task<StopTransactionResponse> StopAsync(ulong id) => cluster.Client.UnaryAsync(
            Methods.RefTransaction.StopTransaction, new StopTransactionRequest { TransactionId = id }, StopTransactionResponse.Parser, null, default);

        string Counted() => string.Join(", ", counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value}"));
    }
}
