using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Praefect.Grains.Runtime.Tests;

public abstract class LifeTests(GrainRuntime runtime)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_grain_that_leaves_runs_its_hook_and_comes_back_as_another_object()
    {
        var (grain, journal) = Grain("leaves");
        var first = await grain.Instance();
        Assert.Equal(first, await grain.Instance());
        await grain.Leave();
        Assert.NotEqual(first, await grain.Instance());
        Assert.Equal(["activated with 0", "deactivated: ApplicationRequested", "activated with 0"], await journal.NextAsync(3));
    }

    [Fact]
    public async Task A_failed_activation_reaches_the_caller_and_the_next_call_tries_again()
    {
        var (grain, journal) = Grain("fails");
        await grain.FailNextActivation();
        Assert.Equal(["activated with 0", "deactivated: ApplicationRequested"], await journal.NextAsync(2));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(grain.Instance);
        Assert.Equal("not today", error.Message);
        await grain.Instance();
        Assert.Equal("activated with 0", await journal.NextAsync());
    }

    [Fact]
    public async Task State_is_there_before_activation_and_cleared_state_is_new()
    {
        var (grain, journal) = Grain("state");
        Assert.Equal("False ", await grain.Described());
        Assert.Equal(1, await grain.Note("a"));
        Assert.Equal(2, await grain.Note("b"));
        await grain.Leave();
        Assert.Equal("True a,b", await grain.Described());
        Assert.Equal(["activated with 0", "deactivated: ApplicationRequested", "activated with 2"], await journal.NextAsync(3));
        await grain.Clear();
        Assert.Equal("False ", await grain.Described());
        await grain.Leave();
        Assert.Equal("False ", await grain.Described());
        Assert.Equal(1, await grain.Note("c"));
    }

    [Fact]
    public async Task A_second_writer_gets_an_inconsistency_and_its_activation_stops()
    {
        var (grain, journal) = Grain("rivals");
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.WriteTwice(catches: false));
        Assert.Equal(["activated with 0", "deactivated: ApplicationError"], await journal.NextAsync(2));
        Assert.Equal("True ", await grain.Described());
    }

    [Fact]
    public async Task An_inconsistency_that_the_grain_catches_does_not_stop_it()
    {
        var (grain, journal) = Grain("caught-rivals");
        await grain.WriteTwice(catches: true);
        await grain.Instance();
        Assert.Equal(["activated with 0", "inconsistent"], await journal.NextAsync(2));
        Assert.True(journal.IsEmpty);
    }

    [Fact]
    public async Task The_activation_after_a_lost_ETag_reads_what_the_winner_wrote()
    {
        var (grain, journal) = Grain("loser");
        await grain.Note("mine");
        var instance = await grain.Instance();
        await Assert.ThrowsAsync<InconsistentStateException>(() => grain.LoseToRival("theirs"));
        Assert.Equal("True theirs", await grain.Described());
        Assert.NotEqual(instance, await grain.Instance());
        Assert.Equal(2, await grain.Note("mine again"));
        Assert.Equal(["activated with 0", "deactivated: ApplicationError", "activated with 1"], await journal.NextAsync(3));
    }

    [Fact]
    public async Task An_ETag_that_a_timer_loses_stops_its_activation()
    {
        var (grain, journal) = Grain("loser-in-timer");
        await grain.Note("mine");
        await grain.LoseToRivalInTimer("theirs");
        Assert.Equal(["activated with 0", "deactivated: ApplicationError"], await journal.NextAsync(2));
        Assert.Equal("True theirs", await grain.Described());
    }

    [Fact]
    public async Task A_grain_that_leaves_ends_what_it_is_at_and_later_calls_go_to_the_next_activation()
    {
        var (grain, journal) = Grain("leaves-busy");
        var instance = await grain.Instance();
        var hold = grain.HoldDuringTimer();
        Assert.Equal(["activated with 0", "hold starts"], await journal.NextAsync(2));
        await grain.LeaveMeanwhile();
        var later = grain.Instance();
        Assert.True(journal.IsEmpty);
        journal.Open();
        await hold;
        Assert.NotEqual(instance, await later);
        Assert.Equal(["hold ends", "deactivated: ApplicationRequested", "activated with 0"], await journal.NextAsync(3));
    }

    [Fact]
    public async Task A_grain_that_nobody_uses_goes_and_one_that_asked_to_stay_or_has_a_timer_for_that_stays()
    {
        var (unused, ticking) = (Idle("unused"), Idle("ticking"));
        var (kept, delayed) = (Idle("kept"), Idle("delayed"));
        await unused.Instance();
        await ticking.Tick(keepAlive: false);
        var (keptInstance, delayedInstance) = (await kept.Instance(), await delayed.Instance());
        await kept.Tick(keepAlive: true);
        await delayed.Delay(TimeSpan.FromMinutes(5));
        foreach (var gone in new[] { "unused", "ticking" })
            Assert.Equal("deactivated: ActivationIdle", await Journal.Of(runtime.Key(gone)).NextAsync());
        Assert.Equal(keptInstance, await kept.Instance());
        Assert.Equal(delayedInstance, await delayed.Instance());
    }

    [Fact]
    public async Task An_exception_keeps_its_type_its_words_and_its_stack()
    {
        var (grain, _) = Grain("throws");
        var error = await Assert.ThrowsAsync<FormatException>(grain.Throw);
        Assert.Equal("from inside", error.Message);
        Assert.Contains(nameof(LifeGrain), error.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_timer_takes_turns()
    {
        var (grain, journal) = Grain("timer");
        await grain.StartTimer(TimeSpan.FromMilliseconds(200), Soon, interleave: false);
        var hold = grain.HoldDuringTimer();
        Assert.Equal(["activated with 0", "hold starts"], await journal.NextAsync(2));
        await Task.Delay(400);
        Assert.True(journal.IsEmpty);
        journal.Open();
        await hold;
        Assert.Equal(["hold ends", "tick", "tick"], await journal.NextAsync(3));
        await grain.StopTimer();
    }

    [Fact]
    public async Task An_interleaving_timer_does_not_wait()
    {
        var (grain, journal) = Grain("interleaving-timer");
        var hold = grain.HoldDuringTimer();
        Assert.Equal(["activated with 0", "hold starts"], await journal.NextAsync(2));
        journal.Open();
        await hold;
        await grain.StartTimer(Soon, Soon, interleave: true);
        Assert.Equal(["hold ends", "tick", "tick"], await journal.NextAsync(3));
    }

    [Fact]
    public async Task An_interleaving_timer_ticks_beside_a_call()
    {
        var (grain, journal) = Grain("timer-beside-a-call");
        await grain.StartTimer(TimeSpan.FromMilliseconds(200), Soon, interleave: true);
        var hold = grain.HoldDuringTimer();
        Assert.Equal(["activated with 0", "hold starts", "tick", "tick"], await journal.NextAsync(4));
        Assert.False(hold.IsCompleted);
        await grain.LeaveMeanwhile();
        journal.Open();
        await hold;
    }

    [Fact]
    public async Task A_timer_that_is_changed_in_its_tick_follows_the_change()
    {
        var (grain, journal) = Grain("timer-changes");
        await grain.StartTimerThatStopsItself();
        Assert.Equal(["activated with 0", "last tick"], await journal.NextAsync(2));
        await Task.Delay(150);
        Assert.True(journal.IsEmpty);
    }

    [Fact]
    public async Task A_timer_ends_with_its_activation()
    {
        var (grain, journal) = Grain("timer-ends");
        await grain.StartTimer(Soon, Soon, interleave: false);
        Assert.Equal(["activated with 0", "tick"], await journal.NextAsync(2));
        await grain.Leave();
        while (await journal.NextAsync() != "deactivated: ApplicationRequested") continue;
        await Task.Delay(150);
        Assert.True(journal.IsEmpty);
    }

    [Fact]
    public async Task A_reminder_fires_each_period_until_it_is_unregistered()
    {
        var (grain, journal) = Grain("reminder");
        await grain.Remind(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300));
        Assert.Equal(["activated with 0", "beat 300", "beat 300"], await journal.NextAsync(3));
        Assert.True(await grain.Forget());
        Assert.False(await grain.Forget());
    }

    [Fact]
    public async Task A_reminder_outlives_the_activation_and_brings_the_next_one()
    {
        var (grain, journal) = Grain("reminder-outlives");
        await grain.Remind(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1));
        await grain.Leave();
        Assert.Equal(
            ["activated with 0", "deactivated: ApplicationRequested", "activated with 0", "beat 1000", "beat 1000"], await journal.NextAsync(5));
        Assert.True(await grain.Forget());
    }

    [Fact]
    public async Task A_reminder_below_the_minimum_period_is_refused()
    {
        var (grain, _) = Grain("hasty-reminder");
        await Assert.ThrowsAsync<ArgumentException>(() => grain.Remind(Soon, TimeSpan.FromMilliseconds(10)));
    }

    private IIdleGrain Idle(string key) => runtime.Grains.GetGrain<IIdleGrain>(runtime.Key(key));

    private (ILifeGrain Grain, Journal Journal) Grain(string key) => (runtime.Grains.GetGrain<ILifeGrain>(runtime.Key(key)), Journal.Of(runtime.Key(key)));
}

[Collection(SiloRuntimeTests.Name)]
public sealed class LifeTestsOnASilo(SiloRuntime runtime) : LifeTests(runtime);

[Collection(SimulatedRuntimeTests.Name)]
public sealed class LifeTestsOnTheSimulatedHost(SimulatedRuntime runtime) : LifeTests(runtime);
