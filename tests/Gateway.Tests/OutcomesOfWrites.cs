using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>What a write comes to, for the client and for the record, whoever goes away meanwhile.</summary>
public sealed class OutcomesOfWrites
{
    [Fact]
    public async Task The_clients_status_waits_for_the_recorded_outcome()
    {
        await using var cluster = await TestCluster.StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        var recorded = new TaskCompletionSource<FinishResult>();
        cluster.Repository.Finish = () => recorded.Task;
        var write = Writes.SendAsync(cluster);
        await cluster.Repository.Finished.WaitAsync(Writes.Patience);
        Assert.False(write.IsCompleted);
        recorded.SetResult(new FinishResult(WriteOutcome.Recorded, 2, [], []));
        await write.WaitAsync(Writes.Patience);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_outcome_in_doubt_is_never_a_success(bool throws)
    {
        await using var cluster = await TestCluster.StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        cluster.Repository.Finish = () => throws
            ? throw new RouteException(RouteFailure.StoreUnavailable, "x")
            : Task.FromResult(new FinishResult(WriteOutcome.InDoubt, 1, [], []));
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster));
        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_all_nodes_and_the_outcome_is_still_recorded()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 2);
        var gone = new CountdownEvent(2);
        var arrived = new CountdownEvent(2);
        foreach (var node in cluster.Nodes)
        {
            Writes.On(node, async http =>
            {
                arrived.Signal();
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                gone.Signal();
            });
        }

        using var stop = new CancellationTokenSource();
        var write = Writes.SendAsync(cluster, ct: stop.Token);
        Assert.True(await Task.Run(() => arrived.Wait(Writes.Patience)));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        Assert.All(await cluster.Repository.Finished.WaitAsync(Writes.Patience), o => Assert.True(o.Broken));
        Assert.True(await Task.Run(() => gone.Wait(Writes.Patience)));
    }

    /// <summary>Group B10 of the cases: whether the outcome can be recorded or not, the client has its deadline, and the recording has time of its own.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_times_out_says_so_and_is_recorded_as_broken(bool taken)
    {
        await using var cluster = await TestCluster.StartAsync();
        var alive = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        cluster.Repository.Finish = () =>
        {
            alive.TrySetResult(!cluster.Repository.FinishToken.IsCancellationRequested);
            return taken ? Task.FromResult(new FinishResult(WriteOutcome.Recorded, 1, [], [])) : throw new RouteException(RouteFailure.StoreUnavailable, "x");
        };
        Writes.On(cluster.Nodes[0], async http => await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing));
        var e = await Assert.ThrowsAsync<GrpcException>(() => Writes.SendAsync(cluster, timeout: TimeSpan.FromSeconds(3)));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, e.Status.Code);
        Assert.True(Assert.Single(await cluster.Repository.Finished.WaitAsync(Writes.Patience)).Broken);
        Assert.True(await alive.Task.WaitAsync(Writes.Patience));
    }

    [Fact]
    public async Task A_write_under_way_is_renewed()
    {
        await using var cluster = await TestCluster.StartAsync(configure: o => o.RenewInterval = TimeSpan.FromMilliseconds(50));
        ulong id = 0;
        Writes.On(cluster.Nodes[0], async http =>
        {
            id = Writes.Transaction(http.Request.Headers).Id;
            await cluster.Repository.Renewed.WaitAsync(Writes.Patience);
            await FakeNode.SendAsync(http, new WriteRefResponse());
        });
        await Writes.SendAsync(cluster);
        Assert.Equal(id, Assert.Single(await cluster.Repository.Renewed));
    }

    [Fact]
    public async Task A_stop_waits_for_outcomes_being_recorded()
    {
        await using var cluster = await TestCluster.StartAsync();
        Writes.On(cluster.Nodes[0], Writes.Votes);
        var (recording, recorded) = (new TaskCompletionSource<FinishResult>(), false);
        cluster.Repository.Finish = async () =>
        {
            var result = await recording.Task;
            recorded = true;
            return result;
        };
        using var stop = new CancellationTokenSource();
        var write = Writes.SendAsync(cluster, ct: stop.Token);
        await cluster.Repository.Finished.WaitAsync(Writes.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => write);
        var work = cluster.Services.GetRequiredService<Background.BackgroundWork>();
        var stopped = work.StopAsync(default);
        Assert.False(stopped.IsCompleted);
        recording.SetResult(new FinishResult(WriteOutcome.Recorded, 1, [], []));
        await stopped.WaitAsync(Writes.Patience);
        Assert.True(recorded);
    }
}
