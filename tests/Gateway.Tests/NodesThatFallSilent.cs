using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Nodes;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Calls under way on a node that hangs: nothing ends them but what the gateway is told of its health.</summary>
public sealed class NodesThatFallSilent
{
    private readonly FakeDirectory _directory = new("gitaly-1", "gitaly-2", "gitaly-3");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secondary_that_hangs_is_let_go_and_takes_part_again_when_it_is_back(bool votesFirst)
    {
        await using var cluster = await StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        Writes.On(cluster.Nodes[1], Writes.Votes);
        var hung = Hang(cluster.Nodes[2], votesFirst);

        var write = Writes.SendAsync(cluster);
        await hung.WaitAsync(Writes.Patience);
        _directory.Silence("gitaly-3");
        await write.WaitAsync(Writes.Patience);

        Assert.Equal("gitaly-3", Assert.Single(cluster.Repository.CancelledVoters));
        var outcomes = (await cluster.Repository.Finished).ToDictionary(o => o.Storage, StringComparer.Ordinal);
        Assert.Equal((14, true), (outcomes["gitaly-3"].StatusCode, outcomes["gitaly-3"].Broken));
        foreach (var storage in new[] { "gitaly-1", "gitaly-2" })
            Assert.Equal((0, false), (outcomes[storage].StatusCode, outcomes[storage].Broken));

        _directory.Tell("gitaly-3", healthy: true);
        var back = new TaskCompletionSource();
        Writes.On(cluster.Nodes[2], async http =>
        {
            await Writes.Votes(http);
            back.SetResult();
        });
        await Writes.SendAsync(cluster).WaitAsync(Writes.Patience);
        await back.Task.WaitAsync(Writes.Patience);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_primary_that_hangs_ends_the_write_as_a_lost_one_and_is_avoided(bool votesFirst)
    {
        await using var cluster = await StartAsync(o => (o.AvoidFor, o.GraceAfterPrimaryFailure) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)));
        var hung = Hang(cluster.Nodes[0], votesFirst);
        // The vote of the others is decided by what becomes of the primary's, as in the grain.
        cluster.Repository.Voting = async (storage, _) =>
        {
            if (storage == "gitaly-1")
                return VoteResult.Commit;
            await cluster.Repository.VoterCancelled.WaitAsync(Writes.Patience);
            return new VoteResult(VoteAnswer.Abort, "no quorum");
        };
        Writes.On(cluster.Nodes[1], Writes.Votes);
        Writes.On(cluster.Nodes[2], Writes.Votes);

        var write = Writes.SendAsync(cluster);
        await hung.WaitAsync(Writes.Patience);
        _directory.Silence("gitaly-1");
        var e = await Assert.ThrowsAsync<GrpcException>(() => write.WaitAsync(Writes.Patience));

        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
        Assert.Contains("gitaly-1", cluster.Repository.CancelledVoters);
        var outcome = Assert.Single(await cluster.Repository.Finished, o => o.Storage == "gitaly-1");
        Assert.Equal((14, true), (outcome.StatusCode, outcome.Broken));
        cluster.Repository.BeginFails = RouteFailure.RepositoryNotFound;
        await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal("gitaly-1", Assert.Single(cluster.Repository.Mutator!.Avoid));
    }

    [Fact]
    public async Task A_node_that_says_it_does_not_serve_finishes_its_writes()
    {
        await using var cluster = await StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        var (arrived, finish) = (new TaskCompletionSource(), new TaskCompletionSource());
        Writes.On(cluster.Nodes[1], async http =>
        {
            arrived.SetResult();
            await finish.Task;
            await Writes.Votes(http);
        });
        var cut = new TaskCompletionSource();
        var hung = Hang(cluster.Nodes[2], votesFirst: false, cut);

        var write = Writes.SendAsync(cluster);
        await Task.WhenAll(arrived.Task, hung).WaitAsync(Writes.Patience);
        _directory.Tell("gitaly-2", healthy: false);
        // The gateway looks at its nodes in their order: when this one is let go, it has passed over the one before.
        _directory.Silence("gitaly-3");
        await cut.Task.WaitAsync(Writes.Patience);
        finish.SetResult();
        await write.WaitAsync(Writes.Patience);

        var outcome = Assert.Single(await cluster.Repository.Finished, o => o.Storage == "gitaly-2");
        Assert.Equal((0, false), (outcome.StatusCode, outcome.Broken));
    }

    [Fact]
    public async Task Where_no_node_is_healthy_nothing_is_cut_until_one_is()
    {
        _directory.Silence("gitaly-1");
        _directory.Silence("gitaly-2");
        _directory.Silence("gitaly-3");
        await using var cluster = await StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        Writes.On(cluster.Nodes[1], Writes.Votes);
        Writes.On(cluster.Nodes[2], Writes.Votes);
        await Writes.SendAsync(cluster).WaitAsync(Writes.Patience);
        Assert.All(await cluster.Repository.Finished, o => Assert.Equal((0, false), (o.StatusCode, o.Broken)));

        var hung = Hang(cluster.Nodes[2], votesFirst: false);
        var write = Writes.SendAsync(cluster);
        await hung.WaitAsync(Writes.Patience);
        Assert.Empty(cluster.Repository.CancelledVoters);
        // The others must not be taken for silent when the first of them is told to be back.
        _directory.Tell("gitaly-1", healthy: false);
        _directory.Tell("gitaly-2", healthy: true);
        await write.WaitAsync(Writes.Patience);
        Assert.Equal("gitaly-3", Assert.Single(cluster.Repository.CancelledVoters));
    }

    [Fact]
    public async Task A_read_that_waits_for_a_node_that_hangs_goes_to_another_replica()
    {
        await using var cluster = await StartAsync(o => o.AvoidFor = TimeSpan.FromMinutes(1));
        var asked = Channel.CreateUnbounded<FakeNode>();
        foreach (var node in cluster.Nodes)
            Read(node, asked, hangs: true);
        var read = ReadAsync(cluster);
        var hung = await asked.Reader.ReadAsync().AsTask().WaitAsync(Writes.Patience);
        foreach (var node in cluster.Nodes.Remove(hung))
            Read(node, asked, hangs: false);
        _directory.Silence(hung.Storage);
        Assert.True((await read.WaitAsync(Writes.Patience)).Value);
        Assert.NotSame(hung, await asked.Reader.ReadAsync().AsTask().WaitAsync(Writes.Patience));
    }

    [Fact]
    public async Task A_read_that_is_being_answered_goes_on_when_the_probes_are_late()
    {
        await using var cluster = await StartAsync();
        cluster.Repository.Accessor = _ => Task.FromResult(new AccessorRoute(FakeRepository.ReplicaPath, ["gitaly-1"]));
        var finish = new TaskCompletionSource();
        cluster.Nodes[0].On(Methods.Ref.ListRefs, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            await FakeNode.WriteAsync(http, new ListRefsResponse());
            await finish.Task.WaitAsync(http.RequestAborted);
            await FakeNode.SendAsync(http, new ListRefsResponse());
        });
        var asked = Channel.CreateUnbounded<FakeNode>();
        Read(cluster.Nodes[0], asked, hangs: true);
        using var answered = await cluster.SendRawAsync(Methods.Ref.ListRefs, Frames.Of(new ListRefsRequest { Repository = TestCluster.Target })).WaitAsync(Writes.Patience);
        var waiting = ReadAsync(cluster);
        await asked.Reader.ReadAsync().AsTask().WaitAsync(Writes.Patience);

        _directory.Silence("gitaly-1");
        var e = await Assert.ThrowsAsync<GrpcException>(() => waiting.WaitAsync(Writes.Patience));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
        finish.SetResult();
        Assert.Equal(10, (await answered.Content.ReadAsByteArrayAsync().WaitAsync(Writes.Patience)).Length);
        Assert.Equal("0", Assert.Single(answered.TrailingHeaders.GetValues("grpc-status")));
    }

    private static void Read(FakeNode node, Channel<FakeNode> asked, bool hangs) => node.On(Methods.Ref.RefExists, async http =>
    {
        using var first = await FakeNode.FirstAsync(http);
        await asked.Writer.WriteAsync(node);
        if (hangs)
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else
            await FakeNode.SendAsync(http, new RefExistsResponse { Value = true });
    });

    private static Task<RefExistsResponse> ReadAsync(TestCluster cluster) => cluster.Client.UnaryAsync(
        Methods.Ref.RefExists, new RefExistsRequest { Repository = TestCluster.Target }, RefExistsResponse.Parser, null, default);

    private Task<TestCluster> StartAsync(Action<GatewayOptions>? configure = null) =>
        TestCluster.StartAsync(nodes: 3, configure, add: s => s.AddSingleton<INodeDirectory>(_directory));

    /// <summary>Takes the write, and votes where asked to, and is never heard of again.</summary>
    private static Task Hang(FakeNode node, bool votesFirst, TaskCompletionSource? cut = null)
    {
        var hung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Writes.On(node, async http =>
        {
            using var first = await FakeNode.FirstAsync(http);
            if (votesFirst)
                await Writes.VoteAsync(http);
            hung.TrySetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cut?.TrySetResult();
        });
        return hung.Task;
    }
}
