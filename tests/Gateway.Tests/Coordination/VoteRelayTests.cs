using Praefect.Gateway.Coordination;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Tests.Coordination;

public sealed class VoteRelayTests
{
    private static ulong Open(Decisions gateway)
    {
        var id = gateway.Directory.NextId();
        gateway.Directory.Add(id, Decisions.Key, votes: true);
        return id;
    }

    private static Task<VoteAnswer> CastAsync(Decisions gateway, ulong id, CancellationToken cancellationToken = default) =>
        gateway.Get<VoteRelay>().CastAsync(id, "a", default, VotePhase.Prepared, cancellationToken).WaitAsync(Decisions.Patience, CancellationToken.None);

    [Fact]
    public async Task A_vote_that_is_not_decided_or_not_answered_is_handed_on_again_under_its_number()
    {
        await using var gateway = new Decisions(o => o.VoteAttemptTimeout = TimeSpan.FromSeconds(1.1));
        var attempts = 0;
        gateway.Repository.Voting = (_, _) => Interlocked.Increment(ref attempts) switch
        {
            1 => Task.FromResult(VoteResult.Pending),
            2 => new TaskCompletionSource<VoteResult>().Task,
            3 => throw new InvalidOperationException("the silo is gone"),
            _ => Task.FromResult(VoteResult.Commit),
        };
        var id = Open(gateway);
        Assert.Equal(VoteAnswer.Commit, await CastAsync(gateway, id));
        Assert.Equal(VoteAnswer.Commit, await CastAsync(gateway, id));
        Assert.Equal([1, 1, 1, 1, 2], gateway.Repository.Numbers);
        Assert.Equal(2, gateway.Directory.Remove(id));
    }

    [Theory]
    [InlineData(VoteAnswer.Abort)]
    [InlineData(VoteAnswer.Stop)]
    public async Task A_decision_against_the_change_is_an_answer(VoteAnswer answer)
    {
        await using var gateway = new Decisions();
        gateway.Repository.Voting = (_, _) => Task.FromResult(new VoteResult(answer, "x"));
        Assert.Equal(answer, await CastAsync(gateway, Open(gateway)));
    }

    [Fact]
    public async Task A_vote_that_no_silo_counts_within_the_budget_is_unavailable()
    {
        await using var gateway = new Decisions(o => o.BeginBudget = TimeSpan.FromMilliseconds(300));
        gateway.Repository.Voting = (_, _) => throw new InvalidOperationException("the silo is gone");
        var e = await Assert.ThrowsAsync<GrpcException>(() => CastAsync(gateway, Open(gateway)));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
        Assert.StartsWith("vote could not be counted", e.Status.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Votes_in_a_write_that_its_grain_says_to_have_lost_when_it_is_renewed_wait_no_more()
    {
        await using var gateway = new Decisions(o => o.RenewInterval = TimeSpan.FromMilliseconds(50));
        gateway.Repository.Voting = (_, _) => new TaskCompletionSource<VoteResult>().Task;
        var id = Open(gateway);
        var vote = CastAsync(gateway, id);
        using var stop = new CancellationTokenSource();
        var renewing = gateway.Get<WriteRenewal>().RunAsync(stop.Token);
        Assert.Equal<ulong>([id], await gateway.Repository.Renewed.WaitAsync(Decisions.Patience));
        Assert.False(vote.IsCompleted);
        gateway.Repository.Lost = [id];
        var e = await Assert.ThrowsAsync<GrpcException>(() => vote);
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
        Assert.EndsWith("the silo that counted its votes is gone", e.Status.Message, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewing);
    }

    [Fact]
    public async Task A_node_that_waits_no_more_gives_its_vote_up()
    {
        await using var gateway = new Decisions();
        using var left = new CancellationTokenSource();
        gateway.Repository.Voting = (_, _) => new TaskCompletionSource<VoteResult>().Task;
        var vote = CastAsync(gateway, Open(gateway), left.Token);
        while (gateway.Repository.Votes.IsEmpty)
            await Task.Yield();
        await left.CancelAsync();
        Assert.Equal(GrpcStatusCode.Cancelled, (await Assert.ThrowsAsync<GrpcException>(() => vote)).Status.Code);
    }

    /// <summary>A silo that goes away must not keep a node from ending its transaction: the grain takes a stop as often as it comes.</summary>
    [Fact]
    public async Task A_stop_that_a_silo_did_not_take_is_told_to_the_next_one()
    {
        await using var gateway = new Decisions(o => o.RouteTimeout = TimeSpan.FromMilliseconds(100));
        var attempts = 0;
        gateway.Repository.Stopping = () => Interlocked.Increment(ref attempts) switch
        {
            1 => new TaskCompletionSource<VoteResult>().Task,
            2 => throw new InvalidOperationException("the silo is gone"),
            _ => Task.FromResult(new VoteResult(VoteAnswer.Stop, "x")),
        };
        await gateway.Get<VoteRelay>().StopAsync(Open(gateway), default).WaitAsync(Decisions.Patience);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task A_stop_that_no_silo_takes_within_the_budget_is_unavailable()
    {
        await using var gateway = new Decisions(o => (o.RouteTimeout, o.BeginBudget) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(300)));
        gateway.Repository.Stopping = () => new TaskCompletionSource<VoteResult>().Task;
        var e = await Assert.ThrowsAsync<GrpcException>(() => gateway.Get<VoteRelay>().StopAsync(Open(gateway), default).WaitAsync(Decisions.Patience));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }
}
