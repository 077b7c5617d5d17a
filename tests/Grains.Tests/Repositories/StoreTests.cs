using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class StoreTests(TestCluster cluster)
{
    [Fact]
    public async Task Writes_that_wait_for_the_store_share_its_next_write()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var (held, writes) = (new TaskCompletionSource(), bench.Store.Writes);
        bench.Store.Held = held.Task;
        var routes = new List<MutatorRoute>();
        for (var i = 0; i < 10; i++)
            routes.Add(await bench.BeginAsync());
        var votes = Task.WhenAll(routes.Select((r, i) => bench.VoteAndApplyAsync(r, $"refs/heads/{i}", "1")));
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();
        await votes;

        Assert.Equal(writes + 2, bench.Store.Writes);
        await Task.WhenAll(routes.Select(r => bench.FinishAsync(r)));
        Assert.InRange(bench.Store.Writes, writes + 3, writes + 12);
    }

    [Fact]
    public async Task A_write_costs_two_writes_of_the_store_and_a_read_none()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var writes = bench.Store.Writes;
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
        Assert.Equal(writes + 2, bench.Store.Writes);
        await bench.ReadableAsync();
        Assert.Equal(writes + 2, bench.Store.Writes);
    }

    [Fact]
    public async Task A_write_that_votes_several_times_and_elects_its_primary_first_costs_no_more()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        bench[created.Primary].Alive = false;
        var writes = bench.Store.Writes;
        var route = await bench.BeginAsync();
        Assert.NotEqual(created.Primary, route.Primary);
        for (var i = 0; i < 3; i++)
            await bench.VoteAndApplyAsync(route, "refs/heads/main", $"{i}");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(route)).Outcome);
        Assert.Equal(writes + 2, bench.Store.Writes);
    }

    [Fact]
    public async Task A_write_that_changed_nothing_costs_no_more()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var writes = bench.Store.Writes;
        await bench.BeginAndEndAsync();
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
        Assert.InRange(bench.Store.Writes, writes + 2, writes + 4);
    }

    [Fact]
    public async Task A_store_that_fails_on_the_intent_lets_no_node_go_ahead()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        bench.Store.Failing = true;
        var route = await bench.BeginAsync();

        var votes = await Task.WhenAll(Bench.Participants(route).Select(s => bench.VoteAsync(route, s, "1")));

        Assert.All(votes, v => Assert.Contains(v.Answer, new[] { VoteAnswer.Canceled, VoteAnswer.NotFound }));
        bench.Store.Failing = false;
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "2")).Outcome);
    }

    [Fact]
    public async Task A_store_that_fails_on_the_outcome_gives_no_success_and_the_write_is_settled()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        bench.Store.Failing = true;

        var failed = await Assert.ThrowsAsync<RouteException>(() => bench.FinishAsync(route));

        Assert.Equal(RouteFailure.StoreUnavailable, failed.Failure);
        bench.Store.Failing = false;
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "2")).Outcome);
        Assert.All(bench.Storages, s => Assert.Equal("2", bench[s].Read(route.ReplicaPath, "refs/heads/main")));
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }

    [Fact]
    public async Task An_activation_that_another_one_overtook_lets_no_node_go_ahead_and_acknowledges_nothing()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        bench.Touch();

        var failed = await Assert.ThrowsAsync<RouteException>(() => bench.FinishAsync(route));

        Assert.Equal(RouteFailure.StoreUnavailable, failed.Failure);
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }
}
