using Google.Protobuf;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Transactions;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>How a write reaches the replicas and how they end together.</summary>
public sealed class WritesOnAllReplicas
{
    [Fact]
    public async Task Every_replica_gets_the_write_as_its_own_and_votes_over_the_backchannel()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, WriteRefRequest>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
        {
            Writes.On(node, async http =>
            {
                using var first = await FakeNode.FirstAsync(http);
                seen[node.Storage] = WriteRefRequest.Parser.ParseFrom(first!.Message.Span);
                await Writes.VoteAsync(http);
                await FakeNode.SendAsync(http, new WriteRefResponse());
            });
        }

        await Writes.SendAsync(cluster);
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal((node.Storage, FakeRepository.ReplicaPath), (seen[node.Storage].Repository.StorageName, seen[node.Storage].Repository.RelativePath));
            var headers = Assert.Single(node.Requests).Headers;
            Assert.Equal((node.Storage, node.Storage == "gitaly-1"), (Writes.Transaction(headers).Node, Writes.Transaction(headers).Primary));
            Assert.Equal("false", headers["gitaly-feature-bundle-uri"]);
        }

        Assert.Equal("gitaly-1 gitaly-2 gitaly-3", string.Join(' ', cluster.Repository.Votes.Select(v => v.Storage).Order(StringComparer.Ordinal)));
        var outcomes = await cluster.Repository.Finished.WaitAsync(Writes.Patience);
        Assert.All(outcomes, o => Assert.Equal((0, false), (o.StatusCode, o.Broken)));
        Assert.Equal(3, outcomes.Length);
    }

    [Fact]
    public async Task An_error_of_the_primary_is_the_clients_even_when_the_outcome_is_in_doubt()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Nodes[0].Fails(Methods.Repository.WriteRef, new GrpcStatus(GrpcStatusCode.Aborted, "stopping"));
        cluster.Repository.Finish = () => Task.FromResult(new FinishResult(WriteOutcome.InDoubt, 1, [], []));
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal((GrpcStatusCode.Aborted, "stopping"), (e.Status.Code, e.Status.Message));
    }

    [Fact]
    public async Task A_secondary_that_fails_is_told_to_the_grain_and_not_to_the_client()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        Writes.On(cluster.Nodes[0], Writes.Votes);
        Writes.On(cluster.Nodes[1], Writes.Votes);
        cluster.Nodes[2].Fails(Methods.Repository.WriteRef, new GrpcStatus(GrpcStatusCode.NotFound, "no such thing"));
        await Writes.SendAsync(cluster);
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
        Writes.On(cluster.Nodes[0], async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await GrpcResponses.WriteStatusAsync(http, status);
            primaryDone.SetResult();
        });
        Writes.On(cluster.Nodes[1], async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await primaryDone.Task;
            await GrpcResponses.WriteStatusAsync(http, status);
        });
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal((status.Code, status.Message), (e.Status.Code, e.Status.Message));
        Assert.Equal(status.Details.ToArray(), e.Status.Details.ToArray());
        Assert.All(await cluster.Repository.Finished, o => Assert.Equal((9, false), (o.StatusCode, o.Broken)));
    }

    [Fact]
    public async Task A_secondary_that_hangs_after_the_primary_failed_is_cut_off()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        cluster.Nodes[0].Fails(Methods.Repository.WriteRef, new GrpcStatus(GrpcStatusCode.Internal, "foo"));
        Writes.On(cluster.Nodes[1], async http => await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal("foo", e.Status.Message);
        Assert.True((await cluster.Repository.Finished).Single(o => o.Storage == "gitaly-2").Broken);
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
                await Writes.VoteAsync(http);
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
}
