using Orleans;
using Orleans.Runtime;

namespace Praefect.Grains.Runtime.Tests;

public abstract class TalkTests(GrainRuntime runtime)
{
    [Fact]
    public async Task Arguments_and_results_are_not_shared()
    {
        var grain = Grain(1);
        var mine = new List<string> { "mine" };
        var result = await grain.AddTo(mine);
        Assert.Equal(["mine"], mine);
        Assert.Equal(["mine", "from the grain"], result);
        result.Clear();
        Assert.Equal(2, (await grain.Kept()).Count);
        var numbers = new Dictionary<string, int[]>(StringComparer.Ordinal) { ["a"] = [1, 2] };
        var doubled = await grain.Doubled(numbers);
        Assert.Equal([2, 4], doubled["a"]);
        Assert.Equal([1, 2], numbers["a"]);
    }

    [Fact]
    public async Task Immutable_records_and_value_tasks_pass()
    {
        var parcel = new Parcel("p", [1, 2, 3]);
        var back = await Grain(2).Pass(parcel);
        Assert.Equal("p", back.Name);
        Assert.True(back.Items.AsSpan().SequenceEqual(parcel.Items.AsSpan()));
        Assert.Equal(7, await Grain(2).Quick(7));
        await Grain(2).Nothing();
    }

    [Fact]
    public async Task The_request_context_travels_and_async_locals_do_not()
    {
        RequestContext.Set("who", "me");
        TalkGrain.Local.Value = "here";
        Assert.Equal("me", await Grain(3).Context("who"));
        Assert.Null(await Grain(3).Ambient());
        RequestContext.Clear();
        Assert.Null(await Grain(3).Context("who"));
    }

    [Fact]
    public async Task An_observer_hears_until_it_is_deleted()
    {
        var ear = new Ear();
        var reference = runtime.Grains.CreateObjectReference<ITalkObserver>(ear);
        var grain = Grain(4);
        await grain.Subscribe(reference);
        await grain.Say("hello");
        Assert.Equal(["hello"], ear.Heard);
        runtime.Grains.DeleteObjectReference<ITalkObserver>(reference);
        GC.KeepAlive(ear);
    }

    [Fact]
    public async Task References_are_equal_and_carry_their_key()
    {
        var self = await Grain(5).Self();
        Assert.Equal(Grain(5), self);
        Assert.NotEqual(Grain(6), self);
        Assert.Equal(5, self.GetPrimaryKeyLong());
        Assert.Equal(-9, await Grain(5).KeyOf(Grain(-9)));
        var key = Guid.NewGuid();
        Assert.Equal(key, await runtime.Grains.GetGrain<IKeyGrain>(key).Key());
    }

    [Fact]
    public async Task A_call_that_comes_back_is_let_in_where_the_grain_allowed_it() =>
        Assert.Equal("answer of 10", await Grain(10).AskBack(11, allowed: true));

    [Fact]
    public async Task A_call_that_comes_back_otherwise_is_a_deadlock_and_times_out() =>
        await Assert.ThrowsAnyAsync<TimeoutException>(() => Grain(12).AskBack(13, allowed: false));

    [Fact]
    public void A_grain_interface_without_a_class_is_an_error() =>
        Assert.Throws<ArgumentException>(() => runtime.Grains.GetGrain<INobodyGrain>("x"));

    private ITalkGrain Grain(long key) => runtime.Grains.GetGrain<ITalkGrain>(key);

    private sealed class Ear : ITalkObserver
    {
        public List<string> Heard { get; } = [];

        Task ITalkObserver.Heard(string text)
        {
            Heard.Add(text);
            return Task.CompletedTask;
        }
    }
}

public interface INobodyGrain : IGrainWithStringKey;

[Collection(SiloRuntimeTests.Name)]
public sealed class TalkTestsOnASilo(SiloRuntime runtime) : TalkTests(runtime);

[Collection(SimulatedRuntimeTests.Name)]
public sealed class TalkTestsOnTheSimulatedHost(SimulatedRuntime runtime) : TalkTests(runtime);
