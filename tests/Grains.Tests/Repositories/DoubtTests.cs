using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class DoubtTests(TestCluster cluster)
{
    [Fact]
    public async Task After_a_crash_between_commit_and_finish_the_primarys_word_counts()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var route = await bench.AgreeAsync("1");
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");
        bench[route.Secondaries[0]].Write(route.ReplicaPath, "refs/heads/main", "1");
        // It hangs, so that nothing can repair it before the test looks.
        var hang = new TaskCompletionSource();
        bench[route.Secondaries[1]].Hang = hang.Task;

        await bench.CrashAsync();
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Generation == 1, "settled");

        Assert.DoesNotContain(route.Secondaries[1], await bench.ReadableAsync());
        Assert.Equal(WriteOutcome.InDoubt, (await bench.FinishAsync(route)).Outcome);
        hang.SetResult();
        await bench.LevelAsync();
        Assert.Equal("1", bench[route.Secondaries[1]].Read(created.ReplicaPath, "refs/heads/main"));
        Assert.Equal(route.Primary, (await bench.MetadataAsync()).Primary);
    }

    [Fact]
    public async Task After_a_crash_with_a_dead_primary_the_largest_agreeing_group_carries_on()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.AgreeAsync("1");
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");
        bench[route.Primary].Alive = false;

        await bench.CrashAsync();
        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Primary != route.Primary, "another primary");

        Assert.Equal(route.Secondaries.Order(), (await bench.ReadableAsync()).Order());
        var after = await bench.WriteAsync("refs/heads/main", "2");
        Assert.Equal(WriteOutcome.Recorded, after.Outcome);
        bench[route.Primary].Alive = true;
        await bench.LevelAsync();
        Assert.Equal("2", bench[route.Primary].Read(route.ReplicaPath, "refs/heads/main"));
    }

    [Fact]
    public async Task After_a_crash_in_which_all_replicas_agree_nothing_changes()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");

        await bench.CrashAsync();

        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "2")).Outcome);
        var metadata = await bench.MetadataAsync();
        Assert.Equal(1, metadata.Generation);
        Assert.All(metadata.Replicas, r => Assert.Equal(1, r.Generation));
        Assert.Equal(route.Primary, metadata.Primary);
        Assert.All(bench.Storages, s => Assert.Equal(0, bench[s].Copies));
    }

    [Fact]
    public async Task A_primary_lost_in_the_middle_of_a_write_leaves_it_in_doubt_and_the_others_carry_on()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        bench[route.Primary].Alive = false;

        var result = await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Ok(route.Secondaries[0]), Bench.Ok(route.Secondaries[1]));

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        var next = await bench.BeginAsync();
        Assert.Contains(next.Primary, route.Secondaries);
        Assert.Single(next.Secondaries);
        await bench.VoteAndApplyAsync(next, "refs/heads/main", "2");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(next)).Outcome);
    }

    [Theory]
    [InlineData(true, 14)]
    [InlineData(false, 14)]
    [InlineData(true, 13)]
    public async Task A_primary_that_ends_with_an_error_after_an_agreed_vote_makes_nobody_outdated_and_the_others_carry_on(bool goes, int code)
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        bench[route.Primary].Alive = !goes;

        var result = await bench.FinishAsync(route, Bench.Failed(route.Primary, code, "stopping"), Bench.Ok(route.Secondaries[0]), Bench.Ok(route.Secondaries[1]));

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        Assert.Contains(route.Secondaries[0], await bench.ReadableAsync());
        var next = await bench.BeginAsync();
        Assert.Contains(next.Primary, route.Secondaries);
        Assert.Equal(goes ? 1 : 2, next.Secondaries.Length);
        Assert.Equal(goes ? 1 : 0, (await bench.MetadataAsync()).Generation);
        await bench.VoteAndApplyAsync(next, "refs/heads/main", "2");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(next)).Outcome);
    }

    [Fact]
    public async Task A_primary_that_ends_with_an_error_while_its_vote_waits_changes_nothing()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var vote = bench.VoteAsync(route, route.Primary, "1");
        await bench.Grain.GetMetadataAsync(default);

        var result = await bench.FinishAsync(
            route, Bench.Failed(route.Primary, 14, "stopping"), Bench.Failed(route.Secondaries[0]), Bench.Failed(route.Secondaries[1]));

        Assert.Equal(WriteOutcome.Unchanged, result.Outcome);
        Assert.NotEqual(VoteAnswer.Commit, (await vote).Answer);
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }

    [Fact]
    public async Task A_primary_lost_before_any_vote_was_agreed_changed_nothing()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        bench[route.Primary].Alive = false;

        var result = await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Failed(route.Secondaries[0]), Bench.Failed(route.Secondaries[1]));

        Assert.Equal(WriteOutcome.Unchanged, result.Outcome);
        Assert.Equal(2, (await bench.ReadableAsync()).Length);
    }

    [Fact]
    public async Task A_primary_whose_call_is_over_keeps_nobody_waiting_for_its_vote()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var votes = route.Secondaries.Select(s => bench.VoteAsync(route, s, "1")).ToArray();
        await bench.Grain.CancelVoterAsync(route.TransactionId, route.Primary, default);

        Assert.All(await Task.WhenAll(votes), v => Assert.Equal(VoteAnswer.Abort, v.Answer));
        var result = await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Failed(route.Secondaries[0]), Bench.Failed(route.Secondaries[1]));
        Assert.Equal(WriteOutcome.Unchanged, result.Outcome);
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }

    [Fact]
    public async Task New_writes_wait_for_a_settlement_and_are_refused_when_it_takes_too_long()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        foreach (var storage in bench.Storages)
            bench[storage].Alive = false;
        foreach (var storage in bench.Storages)
            bench[storage].Healthy = true;
        await bench.FinishAsync(route, Bench.Broken(route.Primary));

        var refused = await Assert.ThrowsAsync<RouteException>(() => bench.BeginAsync());
        Assert.Equal(RouteFailure.Settling, refused.Failure);

        var waiting = bench.BeginAsync();
        foreach (var storage in bench.Storages)
            bench[storage].Alive = true;
        await bench.FinishAsync(await waiting, [.. bench.Storages.Select(s => Bench.Failed(s))]);
        Assert.All((await bench.MetadataAsync()).Replicas, r => Assert.Equal(0, r.Generation));
    }

    [Fact]
    public async Task A_write_whose_gateway_is_gone_is_ended_and_settled()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.AgreeAsync("1");
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");

        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Generation == 1, "lease ran out and was settled");
        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.Equal("1", bench[s].Read(route.ReplicaPath, "refs/heads/main")));
    }

    [Fact]
    public Task A_node_that_applied_a_crashed_write_late_is_found_by_the_second_comparison() => FindsALateChangeAsync(crashBetween: false);

    [Fact]
    public Task A_second_comparison_that_a_crash_prevented_is_made_by_the_next_activation() => FindsALateChangeAsync(crashBetween: true);

    [Fact]
    public async Task Nodes_that_fail_alike_after_an_agreed_vote_are_compared_since_they_may_not_have_changed_alike()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.AgreeAsync("1");
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");

        // All of them lost their second vote on the way, one of them before it had changed anything.
        var result = await bench.FinishAsync(route, [.. Bench.Participants(route).Select(s => Bench.Failed(s, 5, "transaction not found"))]);

        Assert.Equal(WriteOutcome.Recorded, result.Outcome);
        await Bench.EventuallyAsync(
            () => Task.FromResult(bench.Storages.All(s => bench[s].Read(route.ReplicaPath, "refs/heads/main") == "1")), "all replicas have what the primary has");
        await bench.LevelAsync();
    }

    private async Task FindsALateChangeAsync(bool crashBetween)
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.AgreeAsync("1");
        await bench.CrashAsync();
        await bench.FinishAsync(await bench.BeginAsync(), [.. bench.Storages.Select(s => Bench.Failed(s))]);
        Assert.Equal(0, (await bench.MetadataAsync()).Generation);

        if (crashBetween)
            await bench.CrashAsync();
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");

        await Bench.EventuallyAsync(async () => (await bench.MetadataAsync()).Generation == 1, "found");
        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.Equal("1", bench[s].Read(route.ReplicaPath, "refs/heads/main")));
    }
}
