using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Praefect.Grains.Embedded.Calls;
using Praefect.Store;
using Praefect.Grains.Embedded.Tests.Calls;

namespace Praefect.Grains.Embedded.Tests.Runtime;

public sealed class TroubleTests
{
    [Fact]
    public async Task A_deadlock_is_told_at_once_with_the_chain_of_calls()
    {
        await using var runtime = await TestRuntime.StartAsync(configure: options => options.Time = new ManualTime());
        // The clock stands still, so this cannot be the deadline.
        var error = await Assert.ThrowsAsync<GrainDeadlockException>(() => runtime.Grains.GetGrain<ITroubleGrain>("a").Ask("b", "a"));
        Assert.Contains("trouble/a.ITroubleGrain.Ask -> trouble/b.ITroubleGrain.Ask -> trouble/a.ITroubleGrain.Answer", error.Message, StringComparison.Ordinal);
        Assert.Equal("answer", await runtime.Grains.GetGrain<ITroubleGrain>("a").Answer());
        await Assert.ThrowsAsync<GrainDeadlockException>(() => runtime.Grains.GetGrain<ITroubleGrain>("self").Ask("", "self"));
    }

    [Fact]
    public async Task The_queue_of_a_grain_is_bounded_and_cancelled_calls_leave_it()
    {
        await using var runtime = await TestRuntime.StartAsync(configure: options => options.MaxWaitingCalls = 2);
        TroubleGrain.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var grain = runtime.Grains.GetGrain<ITroubleGrain>("full");
        var held = grain.Hold();
        Assert.Equal("held", await runtime.Journal.NextAsync());
        using var cancel = new CancellationTokenSource();
        var first = grain.HoldCancellably(cancel.Token);
        var second = grain.Answer();
        var error = await Assert.ThrowsAsync<LimitExceededException>(grain.Answer);
        Assert.Contains("trouble/full has 2 calls waiting", error.Message, StringComparison.Ordinal);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        var third = grain.Answer();
        TroubleGrain.Gate.SetResult();
        await Task.WhenAll(held, second, third);
        Assert.Empty(runtime.Journal.Rest());
    }

    [Fact]
    public async Task Deadlines_and_collection_follow_the_clock_that_was_handed_in()
    {
        var time = new ManualTime();
        await using var runtime = await TestRuntime.StartAsync(configure: options => options.Time = time);
        var idle = runtime.Grains.GetGrain<ITroubleGrain>("idle");
        await idle.Answer();
        time.Advance(TimeSpan.FromMinutes(14));
        await idle.Answer();
        time.Advance(TimeSpan.FromMinutes(14));
        await idle.Answer();
        Assert.Equal(1, runtime.Runtime.ActivationCount);
        time.Advance(TimeSpan.FromMinutes(17));
        Assert.Equal("idle ActivationIdle", await runtime.Journal.NextAsync());
    }

    [Fact]
    public async Task Reminders_survive_a_restart_and_keep_their_beat()
    {
        var time = new ManualTime();
        var store = new MemoryStore();
        await using (var first = await TestRuntime.StartAsync(store, options => options.Time = time))
        {
            await first.Grains.GetGrain<ICounterGrain>("r").Remind(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        }

        time.Advance(TimeSpan.FromMinutes(15));
        await using var second = await TestRuntime.StartAsync(store, options => options.Time = time);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Empty(second.Journal.Rest());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("r beat", await second.Journal.NextAsync());
    }

    [Fact]
    public async Task Stopping_runs_the_hooks_and_refuses_later_calls()
    {
        var runtime = await TestRuntime.StartAsync();
        var grain = runtime.Grains.GetGrain<ITroubleGrain>("s");
        await grain.Answer();
        await runtime.Runtime.StopAsync(CancellationToken.None);
        Assert.Equal("s ShuttingDown", await runtime.Journal.NextAsync());
        await Assert.ThrowsAsync<SiloUnavailableException>(grain.Answer);
        await runtime.DisposeAsync();
    }

    [Fact]
    public async Task A_call_before_the_start_says_so()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new Journal());
        services.AddEmbeddedGrains(grains => grains.AddGrain<TroubleGrain>());
        await using var provider = services.BuildServiceProvider();
        var grain = provider.GetRequiredService<IGrainFactory>().GetGrain<ITroubleGrain>("x");
        var error = await Assert.ThrowsAsync<SiloUnavailableException>(grain.Answer);
        Assert.Contains("has not started yet", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_would_be_shared_are_refused_by_name_and_all_at_once()
    {
        var services = new ServiceCollection();
        services.AddEmbeddedGrains(grains => grains.AddGrain<SharingGrains.SharingOf<int>>());
        using var provider = services.BuildServiceProvider();
        var error = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IGrainFactory>());
        Assert.Contains("ISharing.Put: parameter 'box'", error.Message, StringComparison.Ordinal);
        Assert.Contains("ISharing.Get: result", error.Message, StringComparison.Ordinal);
        Assert.Contains("[Immutable]", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ISharing.Fine", error.Message, StringComparison.Ordinal);
    }
}

/// <summary>Private to this file's test: a grain that no runtime of the other tests may load.</summary>
internal static class SharingGrains
{
    internal sealed class Box
    {
        public int Value { get; set; }
    }

    internal interface ISharing : IGrainWithStringKey
    {
        Task Put(Box box);

        Task<List<Box>> Get();

        Task Fine([Immutable] Box box, Dictionary<string, int[]> numbers, ISharing other);
    }

    // Generic, so that scanning an assembly does not take it up.
    internal sealed class SharingOf<T> : Grain, ISharing
    {
        public Task Put(Box box) => Task.CompletedTask;

        public Task<List<Box>> Get() => Task.FromResult(new List<Box>());

        public Task Fine(Box box, Dictionary<string, int[]> numbers, ISharing other) => Task.CompletedTask;
    }
}
