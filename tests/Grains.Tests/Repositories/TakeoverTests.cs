using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

/// <summary>An activation beside another one that does not know that it is over: whoever answers reads must know of every write that the other can still record.</summary>
[Collection(ClusterTests.Name)]
public sealed class TakeoverTests(TestCluster cluster)
{
    [Fact]
    public async Task Once_an_activation_has_routed_a_read_nobody_who_read_the_record_before_it_can_write_it()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.CrashAsync();
        var other = bench.ReaderOfRecord();

        Assert.Equal(3, (await bench.ReadableAsync()).Length);

        Assert.False(await other());
    }

    [Fact]
    public async Task A_read_that_met_another_activations_record_is_to_ask_again()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.CrashAsync();
        var held = new TaskCompletionSource();
        var before = bench.Store.Starts;
        bench.Store.Held = held.Task;
        var read = bench.ReadableAsync();
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts > before), "the activation writes its record");
        Assert.False(read.IsCompleted);
        bench.Touch();
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();

        Assert.Equal(RouteFailure.Stopping, (await Assert.ThrowsAsync<RouteException>(() => read)).Failure);
        Assert.Equal(3, (await bench.ReadableAsync()).Length);
    }

    // Its gateway turned to another activation, where the nodes' votes were counted; a late attempt to open the write, a node's vote and the outcome came here.
    [Fact]
    public async Task A_write_that_succeeded_elsewhere_is_not_called_unchanged_by_an_activation_that_is_over()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var held = new TaskCompletionSource();
        bench.Store.Held = held.Task;
        var route = await bench.BeginAsync();
        var vote = bench.VoteAsync(route, route.Secondaries[0], "1");
        // Calls may overtake one another: an outcome that came before the vote would be one of a write that nobody voted on.
        await Bench.EventuallyAsync(async () => (await bench.Grain.ExplainAsync(default)).Writes.Any(w => w.Voters.Any(v => v.State == "undecided")), "the vote is counted");
        var finished = bench.FinishAsync(route);
        Assert.NotEqual(VoteAnswer.Commit, (await vote).Answer);
        bench.Touch();
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();

        Assert.Equal(RouteFailure.StoreUnavailable, (await Assert.ThrowsAsync<RouteException>(() => finished)).Failure);
    }

    // Another activation had elected another primary and sent the write there; only a late attempt to open it, and the outcome, came here.
    [Fact]
    public async Task A_write_that_ran_with_another_primary_is_compared_and_not_called_unchanged()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();

        var result = await bench.FinishAsync(route, Bench.Ok(route.Secondaries[0]), new NodeOutcome(route.Primary, 14, "connection reset", Broken: true));

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
    }

    [Fact]
    public async Task Reads_cost_one_write_of_the_store_in_an_activation_that_has_written_nothing()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.CrashAsync();
        var writes = bench.Store.Writes;

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => bench.ReadableAsync()));
        await bench.ReadableAsync();

        Assert.Equal(writes + 1, bench.Store.Writes);
    }

    [Fact]
    public async Task A_write_that_comes_first_costs_nothing_more()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.CrashAsync();
        var writes = bench.Store.Writes;

        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "1")).Outcome);
        await bench.ReadableAsync();

        Assert.Equal(writes + 2, bench.Store.Writes);
    }

    [Fact]
    public async Task What_has_no_record_is_not_written_by_looking_for_it()
    {
        var bench = new Bench(cluster);

        Assert.Equal(RouteFailure.RepositoryNotFound, (await Assert.ThrowsAsync<RouteException>(bench.ReadableAsync)).Failure);

        Assert.Equal(0, bench.Store.Starts);
    }
}

/// <summary>A store that is locked for one process cannot have a second activation.</summary>
public sealed class TakeoverInOneProcessTests(TestClusterOfOneProcess cluster) : IClassFixture<TestClusterOfOneProcess>
{
    [Fact]
    public async Task Reads_cost_no_write_where_no_other_process_can_have_the_store()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        await bench.CrashAsync();
        var writes = bench.Store.Starts;

        Assert.Equal(3, (await bench.ReadableAsync()).Length);

        Assert.Equal(writes, bench.Store.Starts);
    }
}
