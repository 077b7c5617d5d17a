using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class TurnTests(TestCluster cluster)
{
    private const string Main = "refs/heads/main";
    private readonly Bench _bench = new(cluster);

    [Theory]
    [InlineData("P", "S1", "S2")]
    [InlineData("P", "S1", "S2", "S3", "S4")]
    public async Task Ten_writes_of_one_reference_reach_the_nodes_one_after_the_other_and_all_commit(params string[] storages)
    {
        var bench = new Bench(cluster, 0, storages);
        await bench.CreateAsync();
        var (running, most) = (0, 0);
        var order = new List<int>();
        var first = await bench.BeginTurnAsync(Bench.NewId(), [Main]);
        await using var renewal = bench.Renew(first);
        var writes = new List<Task>();
        for (var i = 1; i < 10; i++)
            writes.Add(WriteAsync(i, await bench.QueueAsync([Main])));
        await Task.WhenAll(writes.Prepend(WriteAsync(0, Task.FromResult(first))));
        Assert.Equal(1, most);
        Assert.Equal(Enumerable.Range(0, 10), order);
        var metadata = await bench.MetadataAsync();
        Assert.Equal(10, metadata.Generation);
        Assert.All(metadata.Replicas, r => Assert.Equal(10, r.Generation));

        async Task WriteAsync(int number, Task<MutatorRoute> turn)
        {
            var route = await turn;
            most = Math.Max(most, Interlocked.Increment(ref running));
            order.Add(number);
            await bench.VoteAndApplyAsync(route, Main, $"{number}");
            Interlocked.Decrement(ref running);
            Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(route)).Outcome);
        }
    }

    [Fact]
    public async Task Writes_of_ten_references_are_all_open_at_the_same_time()
    {
        await _bench.CreateAsync();
        var routes = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => _bench.BeginTurnAsync(Bench.NewId(), [$"refs/heads/{i}"])));
        await Task.WhenAll(routes.Select(r => _bench.VoteAndApplyAsync(r, $"refs/heads/{r.TransactionId}", "x")));
        Assert.All(await Task.WhenAll(routes.Select(r => _bench.FinishAsync(r))), r => Assert.Empty(r.Outdated));
    }

    [Fact]
    public async Task While_one_has_the_turn_another_is_told_to_ask_again()
    {
        await _bench.CreateAsync();
        var id = Bench.NewId();
        var first = await _bench.BeginTurnAsync(id, [Main]);
        var second = await _bench.QueueAsync([Main]);
        Assert.Equal(first.Primary, (await _bench.BeginTurnAsync(id, [Main])).Primary);
        Assert.False(second.IsCompleted);
        await _bench.FinishAsync(first);
        await _bench.FinishAsync(await second);
    }

    [Fact]
    public async Task A_caller_that_goes_away_while_it_waits_leaves_the_queue_at_once()
    {
        await _bench.CreateAsync();
        var first = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        using var leaving = new CancellationTokenSource();
        var second = await _bench.QueueAsync([Main, "refs/heads/other"], leaving.Token);
        var third = await _bench.QueueAsync(["refs/heads/other"]);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await _bench.FinishAsync(await third);
        await _bench.FinishAsync(first);
    }

    [Fact]
    public async Task A_write_given_up_before_any_node_was_called_gives_its_turn_back_and_changes_nothing()
    {
        await _bench.CreateAsync();
        var abandoned = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        var next = await _bench.QueueAsync([Main]);
        await _bench.Grain.AbandonAsync(abandoned.TransactionId, default);
        await _bench.FinishAsync(await next, [.. Bench.Participants(abandoned).Select(p => Bench.Failed(p))]);
        Assert.Equal(0, (await _bench.MetadataAsync()).Generation);
        Assert.Equal(VoteAnswer.NotFound, (await _bench.VoteAsync(abandoned, abandoned.Primary, "late")).Answer);
    }

    [Fact]
    public async Task A_call_whose_turn_went_to_the_next_while_it_waited_for_a_comparison_opens_nothing()
    {
        await _bench.CreateAsync();
        var cut = await _bench.AgreeAsync("1");
        var comparison = new TaskCompletionSource();
        _bench[cut.Primary].Hang = comparison.Task;
        await _bench.CrashAsync();
        var id = Bench.NewId();
        using var leaving = new CancellationTokenSource();
        var given = BeginOnceAsync(leaving.Token);
        var again = BeginOnceAsync(default);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        var other = Bench.NewId();
        var next = _bench.BeginTurnAsync(other, [Main]);
        await Bench.EventuallyAsync(
            async () => (await _bench.Grain.ExplainAsync(default)).Waiting.Any(w => w.StartsWith($"write {other} has its turn", StringComparison.Ordinal)), "the turn goes to the next");
        comparison.SetResult();

        var refused = await Assert.ThrowsAsync<RouteException>(() => again);
        Assert.Equal(RouteFailure.TurnPending, refused.Failure);
        await _bench.FinishAsync(await next);
        await _bench.FinishAsync(await _bench.BeginTurnAsync(id, [Main]));

        Task<MutatorRoute> BeginOnceAsync(CancellationToken cancellationToken) =>
            _bench.Grain.BeginMutatorAsync(new MutatorRequest(id, "/gitaly.Test/Write", true, []) { Turns = [Main] }, cancellationToken);
    }

    [Fact]
    public async Task A_dead_gateway_keeps_nobody_waiting_and_is_fenced_when_it_wakes_up()
    {
        await _bench.CreateAsync();
        var dead = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        var vote = _bench.VoteAsync(dead, dead.Primary, "dead");
        var next = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        Assert.NotEqual(VoteAnswer.Commit, (await vote).Answer);
        Assert.All(
            await Task.WhenAll(dead.Secondaries.Select(s => _bench.VoteAsync(dead, s, "dead"))), r => Assert.NotEqual(VoteAnswer.Commit, r.Answer));
        await _bench.VoteAndApplyAsync(next, Main, "next");
        Assert.Equal(1, (await _bench.FinishAsync(next)).Generation);
        Assert.Equal(WriteOutcome.Unchanged, (await _bench.FinishAsync(dead, [.. Bench.Participants(dead).Select(p => Bench.Failed(p))])).Outcome);
        Assert.Equal(1, (await _bench.MetadataAsync()).Generation);
    }

    [Fact]
    public void With_the_default_options_a_dead_gateway_keeps_a_turn_for_less_than_three_seconds()
    {
        var options = new GrainOptions();
        Assert.True(options.TurnLease + options.UpkeepPeriod < TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_gateway_that_renews_keeps_its_turn()
    {
        await _bench.CreateAsync();
        var first = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        await using var renewal = _bench.Renew(first);
        var second = await _bench.QueueAsync([Main]);
        await Assert.ThrowsAsync<TimeoutException>(() => second.WaitAsync(1.5 * TestCluster.Options.TurnLease));
        await _bench.VoteAndApplyAsync(first, Main, "first");
        Assert.Equal(WriteOutcome.Recorded, (await _bench.FinishAsync(first)).Outcome);
        await _bench.FinishAsync(await second);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused()
    {
        await _bench.CreateAsync();
        using var over = new CancellationTokenSource();
        var first = await _bench.BeginTurnAsync(Bench.NewId(), [Main]);
        await using var renewal = _bench.Renew(first);
        var waiting = await Task.WhenAll(Enumerable.Range(0, TestCluster.Options.MaxWaitingWrites).Select(_ => _bench.QueueAsync([Main], over.Token)));
        var refused = await Assert.ThrowsAsync<RouteException>(() => _bench.BeginTurnAsync(Bench.NewId(), [Main]));
        Assert.Equal(RouteFailure.TooManyWaiting, refused.Failure);
        await _bench.FinishAsync(await _bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/other"]));
        await over.CancelAsync();
        await _bench.FinishAsync(first);
        foreach (var wait in waiting)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task A_push_takes_its_turn_when_its_references_are_known()
    {
        await _bench.CreateAsync();
        var (first, second) = (await _bench.BeginAsync(), await _bench.BeginAsync());
        Assert.Equal(TurnAnswer.Granted, await TakeAsync(first));
        Assert.Equal(TurnAnswer.Pending, await TakeAsync(second));
        var waiting = WaitAsync();
        await _bench.VoteAndApplyAsync(first, Main, "first");
        await _bench.FinishAsync(first);
        Assert.Equal(TurnAnswer.Granted, await waiting);
        await _bench.VoteAndApplyAsync(second, Main, "second");
        Assert.Equal(2, (await _bench.FinishAsync(second)).Generation);
        Assert.Equal(TurnAnswer.Lost, await TakeAsync(second));

        Task<TurnAnswer> TakeAsync(MutatorRoute route) => _bench.Grain.TakeTurnAsync(route.TransactionId, [Main], default);

        async Task<TurnAnswer> WaitAsync()
        {
            TurnAnswer answer;
            do
                answer = await TakeAsync(second);
            while (answer == TurnAnswer.Pending);
            return answer;
        }
    }
}

public sealed class ShortTurnsTests(TestClusterWithShortTurns cluster) : IClassFixture<TestClusterWithShortTurns>
{
    [Fact]
    public async Task A_slow_holder_is_overtaken_and_its_nodes_wait_when_they_announce_that_they_lock()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var slow = await bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/main"]);
        await using var renewal = bench.Renew(slow);
        var next = await bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/main"]);
        await using var nextRenewal = bench.Renew(next);
        var announced = Task.WhenAll(Bench.Participants(slow).Select(s => bench.VoteAsync(slow, s, "slow", VotePhase.Preparing)));
        await bench.VoteAndApplyAsync(next, "refs/heads/main", "next");
        Assert.Equal(1, (await bench.FinishAsync(next)).Generation);
        Assert.All(await announced, r => Assert.Equal(VoteAnswer.Commit, r.Answer));
        await bench.VoteAndApplyAsync(slow, "refs/heads/main", "slow");
        Assert.Equal(2, (await bench.FinishAsync(slow)).Generation);
    }
}

/// <summary>What turns are for: the same writes without them.</summary>
public sealed class WithoutTurnsTests(TestClusterWithoutTurns cluster) : IClassFixture<TestClusterWithoutTurns>
{
    [Fact]
    public async Task Without_turns_two_writes_of_one_reference_lock_it_on_different_nodes_and_neither_can_commit()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var a = await bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/main"]);
        var b = await bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/main"]);

        // The primary locked the reference for one of them, the secondaries for the other: nobody else can vote before these votes are decided.
        var onPrimary = bench.VoteAsync(a, a.Primary, "a");
        var onSecondaries = b.Secondaries.Select(s => bench.VoteAsync(b, s, "b")).ToArray();
        await bench.Grain.GetMetadataAsync(default);
        Assert.DoesNotContain([onPrimary, .. onSecondaries], v => v.IsCompleted);
        foreach (var (route, storages) in new[] { (a, a.Secondaries), (b, [b.Primary]) })
        {
            foreach (var storage in storages)
                await bench.Grain.CancelVoterAsync(route.TransactionId, storage, default);
        }

        Assert.All(await Task.WhenAll([onPrimary, .. onSecondaries]), r => Assert.NotEqual(VoteAnswer.Commit, r.Answer));
    }
}
