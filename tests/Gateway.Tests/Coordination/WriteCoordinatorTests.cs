using Praefect.Gateway.Coordination;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Tests.Coordination;

public sealed class WriteCoordinatorTests
{
    private static Task<WriteReply> RunAsync(Decisions gateway, TestWrite write, string[] storages, bool votes = true, TimeSpan? timeout = null, CancellationToken clientGone = default)
    {
        var call = new WriteCall(Decisions.Key, votes, new CallDeadline(timeout, TimeProvider.System, clientGone), clientGone);
        return gateway.Get<WriteCoordinator>().RunAsync(call, gateway.Route(storages), write).WaitAsync(Decisions.Patience, CancellationToken.None);
    }

    [Fact]
    public async Task A_write_is_acknowledged_once_its_outcome_is_recorded_and_not_before()
    {
        await using var gateway = new Decisions();
        var recorded = new TaskCompletionSource<FinishResult>();
        gateway.Repository.Finish = () => recorded.Task;
        var write = new TestWrite(gateway.Nodes);
        var running = RunAsync(gateway, write, ["a", "b", "c"]);
        var outcomes = await gateway.Repository.Finished.WaitAsync(Decisions.Patience);
        Assert.False(running.IsCompleted);
        Assert.Equal(1, gateway.Directory.Count);
        recorded.SetResult(new FinishResult(WriteOutcome.Recorded, 2, [], []));
        Assert.True((await running).Acknowledged);
        Assert.Equal(["a", "b", "c"], outcomes.Select(o => o.Storage));
        Assert.All(outcomes, o => Assert.Equal((0, false), (o.StatusCode, o.Broken)));
        Assert.Equal(["a", "b", "c"], write.Disposed);
        while (gateway.Directory.Count > 0)
            await Task.Yield();
    }

    [Fact]
    public async Task A_secondary_that_does_not_end_is_cut_off_after_the_primarys_success_and_told_as_broken()
    {
        await using var gateway = new Decisions(o => o.GraceAfterPrimarySuccess = TimeSpan.FromMilliseconds(100));
        var write = new TestWrite(gateway.Nodes) { Calls = { ["c"] = TestWrite.UntilCutAsync } };
        var reply = await RunAsync(gateway, write, ["a", "b", "c"]);
        Assert.True(reply.Acknowledged);
        Assert.Equal([false, false, true], (await gateway.Repository.Finished).Select(o => o.Broken));
        Assert.Empty(gateway.Repository.CancelledVoters);
    }

    [Fact]
    public async Task A_secondary_that_fails_votes_no_more_and_the_primarys_answer_stands()
    {
        await using var gateway = new Decisions();
        var write = new TestWrite(gateway.Nodes) { Calls = { ["b"] = TestWrite.Fails("disk full") } };
        Assert.True((await RunAsync(gateway, write, ["a", "b", "c"])).Acknowledged);
        Assert.Equal(["b"], gateway.Repository.CancelledVoters);
    }

    [Fact]
    public async Task Who_waits_for_a_primary_that_was_lost_is_released_and_the_client_hears_of_doubt()
    {
        await using var gateway = new Decisions(o => o.GraceAfterPrimaryFailure = Decisions.Patience);
        gateway.Repository.Finish = () => Task.FromResult(new FinishResult(WriteOutcome.InDoubt, 1, [], []));
        var write = new TestWrite(gateway.Nodes) { Calls = { ["a"] = _ => Task.FromResult(TestWrite.ConnectionLost), ["b"] = ReleasedAsync } };
        var reply = await RunAsync(gateway, write, ["a", "b"]);
        Assert.False(reply.Acknowledged);
        Assert.Equal((GrpcStatusCode.Unavailable, "write is in doubt, replicas are being compared: connection lost"), (reply.Status!.Code, reply.Status.Message));
        Assert.Contains("a", gateway.Repository.CancelledVoters);
        while (gateway.Grains.Suspected.IsEmpty)
            await Task.Yield();
        Assert.Equal("a", Assert.Single(gateway.Grains.Suspected).Node.Storage);
        Assert.Equal("a", Assert.Single(gateway.Nodes.Avoided(TimeProvider.System.GetTimestamp())));

        async Task<CallEnd> ReleasedAsync(CancellationToken token)
        {
            await gateway.Repository.VoterCancelled.WaitAsync(token);
            return new CallEnd(GrpcStatusCode.Internal, "aborted", CallBreak.None);
        }
    }

    [Theory]
    [InlineData(WriteOutcome.Unchanged, true)]
    [InlineData(WriteOutcome.InDoubt, true)]
    [InlineData(WriteOutcome.InDoubt, false)]
    public async Task An_error_of_the_primarys_own_is_told_as_it_is_whatever_became_of_the_others(WriteOutcome outcome, bool alike)
    {
        await using var gateway = new Decisions();
        gateway.Repository.Finish = () => Task.FromResult(new FinishResult(outcome, 1, [], []));
        var write = new TestWrite(gateway.Nodes) { Calls = { ["a"] = TestWrite.Fails("no"), ["b"] = TestWrite.Fails(alike ? "no" : "yes") } };
        var reply = await RunAsync(gateway, write, ["a", "b"]);
        Assert.Equal((false, null, "no"), (reply.Acknowledged, reply.Status, reply.Primary.Message));
    }

    [Fact]
    public async Task Recording_is_asked_for_again_until_somebody_answers()
    {
        await using var gateway = new Decisions(o => o.FinishAttemptTimeout = TimeSpan.FromMilliseconds(100));
        var attempts = 0;
        gateway.Repository.Finish = () => Interlocked.Increment(ref attempts) switch
        {
            1 => new TaskCompletionSource<FinishResult>().Task,
            2 => throw new InvalidOperationException("the silo is gone"),
            3 => throw new RouteException(RouteFailure.Stopping, "x"),
            _ => Task.FromResult(new FinishResult(WriteOutcome.Recorded, 1, [], [])),
        };
        Assert.True((await RunAsync(gateway, new TestWrite(gateway.Nodes), ["a", "b"])).Acknowledged);
        Assert.Equal(4, attempts);
    }

    [Fact]
    public async Task An_outcome_that_nobody_records_within_the_budget_is_in_doubt()
    {
        await using var gateway = new Decisions(o => (o.FinishAttemptTimeout, o.FinishTimeout) = (TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(400)));
        gateway.Repository.Finish = () => new TaskCompletionSource<FinishResult>().Task;
        var reply = await RunAsync(gateway, new TestWrite(gateway.Nodes), ["a"]);
        Assert.Equal((false, GrpcStatusCode.Unavailable), (reply.Acknowledged, reply.Status!.Code));
        Assert.EndsWith("is in doubt", reply.Status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, GrpcStatusCode.DeadlineExceeded)]
    [InlineData(false, GrpcStatusCode.Cancelled)]
    public async Task A_client_that_waits_no_more_has_all_calls_cut_off_and_the_outcome_recorded(bool deadline, GrpcStatusCode code)
    {
        await using var gateway = new Decisions();
        using var gone = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var write = new TestWrite(gateway.Nodes) { Calls = { ["a"] = TestWrite.UntilCutAsync, ["b"] = StartedAsync } };
        var running = RunAsync(gateway, write, ["a", "b"], timeout: deadline ? TimeSpan.FromMilliseconds(300) : null, clientGone: gone.Token);
        await started.Task.WaitAsync(Decisions.Patience);
        if (!deadline)
            await gone.CancelAsync();
        Assert.Equal(code, (await running).Status!.Code);
        Assert.All(await gateway.Repository.Finished.WaitAsync(Decisions.Patience), o => Assert.True(o.Broken));
        Assert.Empty(gateway.Repository.CancelledVoters);
        Assert.Empty(gateway.Grains.Suspected);

        Task<CallEnd> StartedAsync(CancellationToken token)
        {
            started.TrySetResult();
            return TestWrite.UntilCutAsync(token);
        }
    }

    [Fact]
    public async Task A_write_whose_calls_could_not_be_prepared_is_finished_as_not_called()
    {
        await using var gateway = new Decisions();
        var write = new TestWrite(gateway.Nodes) { Unprepared = new GrpcException(GrpcStatusCode.Internal, "no such field") };
        await Assert.ThrowsAsync<GrpcException>(() => RunAsync(gateway, write, ["a", "b"]));
        var outcomes = await gateway.Repository.Finished.WaitAsync(Decisions.Patience);
        Assert.Equal([("a", "not called", true), ("b", "not called", true)], outcomes.Select(o => (o.Storage, o.StatusMessage, o.Broken)));
    }

    [Fact]
    public async Task A_storage_that_is_not_configured_here_is_not_called_and_fails()
    {
        await using var gateway = new Decisions();
        Assert.True((await RunAsync(gateway, new TestWrite(gateway.Nodes), ["a", "elsewhere"])).Acknowledged);
        var outcome = (await gateway.Repository.Finished)[1];
        Assert.Equal(((int)GrpcStatusCode.Internal, "no connection to node \"elsewhere\"", true), (outcome.StatusCode, outcome.StatusMessage, outcome.Broken));
    }

    [Fact]
    public async Task A_push_waits_for_its_turn_and_is_sent_then()
    {
        await using var gateway = new Decisions();
        var (granted, sent) = (new TaskCompletionSource<TurnAnswer>(), new TaskCompletionSource());
        gateway.Repository.Turn = _ => gateway.Repository.TurnsTaken.Count == 1 ? Task.FromResult(TurnAnswer.Pending) : granted.Task;
        var write = new TestWrite(gateway.Nodes) { Pushes = ["refs/heads/main"], Calls = { ["a"] = SentAsync } };
        var running = RunAsync(gateway, write, ["a"]);
        while (gateway.Repository.TurnsTaken.Count < 2)
            await Task.Yield();
        Assert.False(write.Sent);
        granted.SetResult(TurnAnswer.Granted);
        while (!write.Sent)
            await Task.Yield();
        sent.SetResult();
        Assert.True((await running).Acknowledged);

        async Task<CallEnd> SentAsync(CancellationToken token)
        {
            await sent.Task.WaitAsync(token);
            return TestWrite.Success;
        }
    }

    [Fact]
    public async Task A_push_that_gets_no_turn_ends_with_the_reason_and_its_calls_are_cut_off()
    {
        await using var gateway = new Decisions();
        gateway.Repository.Turn = _ => Task.FromResult(TurnAnswer.Lost);
        var write = new TestWrite(gateway.Nodes) { Pushes = ["refs/heads/main"], Calls = { ["a"] = TestWrite.UntilCutAsync, ["b"] = TestWrite.UntilCutAsync } };
        var reply = await RunAsync(gateway, write, ["a", "b"]);
        Assert.Equal((false, GrpcStatusCode.Unavailable, CallBreak.None), (reply.Acknowledged, reply.Primary.Code, reply.Primary.Break));
        Assert.Contains("before its turn came", reply.Primary.Message, StringComparison.Ordinal);
        Assert.False(write.Sent);
        Assert.All(await gateway.Repository.Finished, o => Assert.True(o.Broken));
    }
}
