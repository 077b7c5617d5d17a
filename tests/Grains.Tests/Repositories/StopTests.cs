using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

/// <summary>A process that is about to stop; so each test has one of its own.</summary>
public sealed class StopTests : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly TestCluster _cluster = new();

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task A_stop_waits_for_the_writes_under_way_and_no_longer()
    {
        var bench = new Bench(_cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();

        var drain = _cluster.Shutdown.DrainAsync(Long, TimeProvider.System, default);
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        Assert.False(drain.IsCompleted);
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(route)).Outcome);

        Assert.True(await drain);
    }

    [Fact]
    public async Task New_writes_and_creations_are_refused_before_a_stop_while_reads_go_on()
    {
        var bench = new Bench(_cluster);
        await bench.CreateAsync();
        var other = new Bench(_cluster);
        var open = await bench.BeginAsync();

        var drain = _cluster.Shutdown.DrainAsync(Long, TimeProvider.System, default);

        Assert.Equal(RouteFailure.Stopping, (await Assert.ThrowsAsync<RouteException>(() => bench.BeginAsync())).Failure);
        Assert.Equal(RouteFailure.Stopping, (await Assert.ThrowsAsync<RouteException>(() => other.BeginCreationAsync())).Failure);
        Assert.Equal(bench.Storages.Order(), (await bench.ReadableAsync()).Order());
        // An attempt to open that is repeated finds what the first one opened.
        Assert.Equal(open.Primary, (await bench.BeginAsync(open.TransactionId)).Primary);
        await bench.FinishAsync(open);
        Assert.True(await drain);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_ever_and_then_lets_go_of_votes_that_wait()
    {
        var bench = new Bench(_cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var vote = bench.VoteAsync(route, route.Primary, "1");

        Assert.False(await _cluster.Shutdown.DrainAsync(TimeSpan.FromMilliseconds(50), TimeProvider.System, default));
        Assert.False(vote.IsCompleted);
        await _cluster.Shutdown.BeginAsync();

        Assert.Equal(VoteAnswer.Canceled, (await vote).Answer);
    }

    [Fact]
    public async Task A_stop_without_writes_waits_for_nothing() =>
        Assert.True(await _cluster.Shutdown.DrainAsync(Long, TimeProvider.System, default));
}
