using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class WriteTests(TestCluster cluster)
{
    [Fact]
    public async Task A_vote_that_is_handed_on_again_finds_the_first_one()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        Task<VoteResult> Cast(string storage) => bench.Grain.VoteAsync(new Ballot(route.TransactionId, storage, Bench.VoteFor("1"), VotePhase.Prepared, 1), default);

        // Nobody waits for the first answer, as if it had been lost on its way.
        Assert.Equal(VoteAnswer.Pending, (await Cast(route.Primary)).Answer);
        var again = Cast(route.Primary);
        var votes = await Task.WhenAll(route.Secondaries.Select(Cast).Prepend(again));
        Assert.All(votes, v => Assert.Equal(VoteAnswer.Commit, v.Answer));
        Assert.Equal(VoteAnswer.Commit, (await Cast(route.Primary)).Answer);

        // The primary has voted once: its next vote opens a round of its own.
        var next = bench.Grain.VoteAsync(new Ballot(route.TransactionId, route.Primary, Bench.VoteFor("1"), VotePhase.Committed, 2), default);
        Assert.Equal(VoteAnswer.Pending, (await next).Answer);
        await bench.FinishAsync(route);
    }

    [Fact]
    public async Task A_write_on_all_replicas_is_recorded_with_two_writes_to_the_store()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var before = bench.Store.Writes;

        var result = await bench.WriteAsync("refs/heads/main", "1");

        Assert.Equal(WriteOutcome.Recorded, result.Outcome);
        Assert.Equal(1, result.Generation);
        Assert.Empty(result.Outdated);
        Assert.Equal(2, bench.Store.Writes - before);
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }

    [Fact]
    public async Task No_vote_is_answered_with_commit_before_the_intent_is_durable()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var starts = bench.Store.Starts;
        var hold = new TaskCompletionSource();
        bench.Store.Held = hold.Task;

        var route = await bench.BeginAsync();
        var votes = Bench.Participants(route).Select(s => bench.VoteAsync(route, s, "1")).ToArray();
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts > starts), "the intent is on its way");
        // A round trip to the grain: by now it has all votes and has decided them.
        await bench.Grain.ExistsAsync(default);
        Assert.All(votes, v => Assert.False(v.IsCompleted));

        hold.SetResult();
        Assert.All(await Task.WhenAll(votes), r => Assert.Equal(VoteAnswer.Commit, r.Answer));
        await bench.FinishAsync(route);
    }

    [Fact]
    public async Task A_call_that_does_not_vote_goes_to_the_primary_alone_and_only_after_its_intent_is_durable()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var hold = new TaskCompletionSource();
        bench.Store.Held = hold.Task;

        var begin = bench.BeginAsync(votes: false);
        await bench.Grain.ExistsAsync(default);
        Assert.False(begin.IsCompleted);
        hold.SetResult();

        var route = await begin;
        Assert.Empty(route.Secondaries);
        Assert.Equal(2, route.Targets.Length);
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");
        var result = await bench.FinishAsync(route);
        Assert.Equal(2, result.Outdated.Length);
        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.Equal("1", bench[s].Read(route.ReplicaPath, "refs/heads/main")));
    }

    [Fact]
    public async Task Finishing_again_gives_the_remembered_result()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");

        var results = await Task.WhenAll(bench.FinishAsync(route), bench.FinishAsync(route));
        var third = await bench.FinishAsync(route);

        Assert.All([.. results, third], r => Assert.Equal((WriteOutcome.Recorded, 1L), (r.Outcome, r.Generation)));
    }

    [Fact]
    public async Task A_secondary_that_fails_is_outdated_serves_no_reads_and_is_repaired()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var failing = route.Secondaries[0];
        var others = Bench.Participants(route).Remove(failing);
        await bench.Grain.CancelVoterAsync(route.TransactionId, failing, default);
        var hang = new TaskCompletionSource();
        bench[failing].Hang = hang.Task;
        await Task.WhenAll(others.Select(async s =>
        {
            Assert.Equal(VoteAnswer.Commit, (await bench.VoteAsync(route, s, "1")).Answer);
            bench[s].Write(route.ReplicaPath, "refs/heads/main", "1");
        }));
        // Agreed, not recorded yet: it must not serve reads any more.
        Assert.DoesNotContain(failing, await bench.ReadableAsync());

        var result = await bench.FinishAsync(route, [.. others.Select(Bench.Ok), Bench.Failed(failing)]);

        Assert.Equal($"{failing}=node-error-status", Assert.Single(result.Outdated));
        Assert.DoesNotContain(failing, await bench.ReadableAsync());
        hang.SetResult();
        await bench.LevelAsync();
        Assert.Equal("1", bench[failing].Read(route.ReplicaPath, "refs/heads/main"));
    }

    [Fact]
    public async Task A_primary_whose_secondaries_have_all_failed_is_told_that_nobody_agrees()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var vote = bench.VoteAsync(route, route.Primary, "1");
        foreach (var secondary in route.Secondaries)
            await bench.Grain.CancelVoterAsync(route.TransactionId, secondary, default);

        var answer = await vote.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(VoteAnswer.Abort, answer.Answer);
        Assert.StartsWith("transaction did not reach quorum: got 3/4 votes for ", answer.Message, StringComparison.Ordinal);
        Assert.NotEqual(WriteOutcome.InDoubt, (await bench.FinishAsync(
            route, [Bench.Failed(route.Primary), .. route.Secondaries.Select(s => Bench.Failed(s, 5, "gone"))])).Outcome);
    }

    [Fact]
    public async Task More_writes_than_admitted_are_refused()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var routes = await Task.WhenAll(Enumerable.Range(0, TestCluster.Options.MaxOpenWrites).Select(_ => bench.BeginAsync()));

        var refused = await Assert.ThrowsAsync<RouteException>(() => bench.BeginAsync());

        Assert.Equal(RouteFailure.TooManyTransactions, refused.Failure);
        await Task.WhenAll(routes.Select(r => bench.FinishAsync(r, [.. Bench.Participants(r).Select(s => Bench.Failed(s))])));
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
    }
}
