using Orleans;
using Orleans.Runtime;

namespace Praefect.Grains.Runtime.Tests;

public abstract class TurnTests(GrainRuntime runtime)
{
    [Fact]
    public async Task Calls_of_a_plain_grain_take_turns_in_order()
    {
        var (grain, journal) = Grain<ITurnGrain>("plain");
        var first = grain.Hold("a");
        // Orleans promises no order among calls that wait for the grain to be placed, so it is there before the others are sent.
        Assert.Equal("a starts", await journal.NextAsync());
        var others = new[] { grain.Hold("b"), grain.Quick("c") };
        journal.Open();
        await Task.WhenAll([first, .. others]);
        Assert.Equal(["a ends", "b starts", "b ends", "c"], await journal.NextAsync(4));
    }

    [Fact]
    public async Task Calls_of_a_reentrant_grain_interleave_at_awaits()
    {
        var (grain, journal) = Grain<IReentrantTurnGrain>("reentrant");
        var first = grain.Hold("a");
        Assert.Equal("a starts", await journal.NextAsync());
        var second = grain.Hold("b");
        Assert.Equal("b starts", await journal.NextAsync());
        journal.Open();
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task An_always_interleaving_call_does_not_wait()
    {
        var (grain, journal) = Grain<ITurnGrain>("always");
        var hold = grain.Hold("a");
        Assert.Equal("a starts", await journal.NextAsync());
        var interleave = grain.Interleave("b");
        Assert.Equal("b starts", await journal.NextAsync());
        journal.Open();
        await Task.WhenAll(hold, interleave);
    }

    [Fact]
    public async Task Read_only_calls_interleave_with_each_other_and_with_nothing_else()
    {
        var (grain, journal) = Grain<ITurnGrain>("read");
        var first = grain.Read("r1");
        Assert.Equal("r1 starts", await journal.NextAsync());
        var write = grain.Quick("w");
        var second = grain.Read("r2");
        Assert.Equal("r2 starts", await journal.NextAsync());
        Assert.True(journal.IsEmpty);
        journal.Open();
        await Task.WhenAll(first, write, second);
        Assert.Contains("w", await journal.NextAsync(3), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Awaits_come_back_to_the_grains_scheduler()
    {
        var (grain, _) = Grain<ITurnGrain>("scheduler");
        Assert.True(await grain.StaysOnScheduler());
    }

    [Fact]
    public async Task A_late_answer_is_a_timeout_and_the_grain_goes_on()
    {
        var (grain, journal) = Grain<ITurnGrain>("late");
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBriefly("a"));
        Assert.Equal("a starts", await journal.NextAsync());
        journal.Open();
        Assert.Equal("a ends", await journal.NextAsync());
        await grain.Quick("b");
        Assert.Equal("b", await journal.NextAsync());
    }

    [Fact]
    public async Task A_response_timeout_does_not_cancel_the_grain()
    {
        var (grain, journal) = Grain<ITurnGrain>("late-and-not-cancelled");
        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBrieflyAndLook("a", cancel.Token));
        journal.Open();
        Assert.Equal(["a starts", "a ends", "a cancelled: False"], await journal.NextAsync(3));
    }

    [Fact]
    public async Task A_call_whose_time_is_up_before_its_turn_comes_does_not_start()
    {
        var (grain, journal) = Grain<ITurnGrain>("late-before-its-turn");
        var hold = grain.Hold("a");
        Assert.Equal("a starts", await journal.NextAsync());
        await Assert.ThrowsAsync<TimeoutException>(() => grain.HoldBriefly("b"));
        journal.Open();
        await hold;
        await grain.Quick("c");
        Assert.Equal(["a ends", "c"], await journal.NextAsync(2));
    }

    [Fact]
    public async Task Calls_of_a_chain_come_back_in_and_no_others()
    {
        var (grain, journal) = Grain<ITurnGrain>("chain");
        var chain = grain.HoldInItsOwnChain("a", runtime.Key("chain-through"));
        Assert.Equal("a starts", await journal.NextAsync());
        var other = grain.Quick("b");
        // An interleaving call is sent after it, so that it has arrived when this one starts.
        var last = grain.Interleave("c");
        Assert.Equal("c starts", await journal.NextAsync());
        journal.Open();
        await Task.WhenAll(chain, other, last);
        string[] rest = await journal.NextAsync(4);
        Assert.Equal("b", rest[^1]);
        Assert.Contains("a is back", rest, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_call_that_waits_is_let_in_by_the_end_of_what_it_waited_for_whatever_interleaves()
    {
        var (grain, journal) = Grain<ITurnGrain>("interleaved-end");
        var interleaving = grain.Interleave("a");
        Assert.Equal("a starts", await journal.NextAsync());
        // Nothing blocks: what always interleaves holds nobody up.
        await grain.Quick("b");
        Assert.Equal("b", await journal.NextAsync());
        journal.Open();
        await interleaving;
    }

    [Fact]
    public async Task A_one_way_call_is_not_waited_for_and_its_failure_not_seen()
    {
        var (grain, journal) = Grain<ITurnGrain>("oneway");
        await grain.Tell("a", fail: true);
        Assert.Equal("a starts", await journal.NextAsync());
        journal.Open();
        Assert.Equal("a ends", await journal.NextAsync());
    }

    [Fact]
    public async Task The_grain_sees_the_callers_cancellation()
    {
        var (grain, journal) = Grain<ITurnGrain>("cancel");
        using var cancel = new CancellationTokenSource();
        var call = grain.HoldCancellably("a", cancel.Token);
        Assert.Equal("a starts", await journal.NextAsync());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("a cancelled", await journal.NextAsync());
    }

    [Fact]
    public async Task A_caller_that_cancels_does_not_wait_for_a_grain_that_does_not_listen()
    {
        var (grain, journal) = Grain<ITurnGrain>("cancel-deaf");
        using var cancel = new CancellationTokenSource();
        var call = grain.HoldDeafly("a", cancel.Token);
        Assert.Equal("a starts", await journal.NextAsync());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(journal.IsEmpty);
        journal.Open();
        await grain.Quick("b");
        Assert.Equal(["a ends", "b"], await journal.NextAsync(2));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_ends_at_once_and_holds_nobody_up()
    {
        var (grain, journal) = Grain<ITurnGrain>("cancel-waiting");
        var hold = grain.Hold("a");
        Assert.Equal("a starts", await journal.NextAsync());
        using var cancel = new CancellationTokenSource();
        var waiting = grain.HoldCancellably("b", cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        journal.Open();
        await hold;
        await grain.Quick("c");
        Assert.Equal("a ends", await journal.NextAsync());
        // Whether the grain sees the call at all is up to the runtime; if it does, then cancelled.
        while (await journal.NextAsync() is var entry and not "c") Assert.StartsWith("b ", entry, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_with_a_cancelled_token_is_not_sent()
    {
        var (grain, journal) = Grain<ITurnGrain>("cancelled-before");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => grain.HoldCancellably("a", new CancellationToken(canceled: true)));
        await grain.Quick("b");
        Assert.Equal("b", await journal.NextAsync());
    }

    private (T Grain, Journal Journal) Grain<T>(string key)
        where T : ITurnGrain => (runtime.Grains.GetGrain<T>(runtime.Key(key)), Journal.Of(runtime.Key(key)));
}

[Collection(SiloRuntimeTests.Name)]
public sealed class TurnTestsOnASilo(SiloRuntime runtime) : TurnTests(runtime);

[Collection(SimulatedRuntimeTests.Name)]
public sealed class TurnTestsOnTheSimulatedHost(SimulatedRuntime runtime) : TurnTests(runtime);
