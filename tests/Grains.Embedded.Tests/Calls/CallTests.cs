using Orleans;
using Praefect.Store;

namespace Praefect.Grains.Embedded.Tests.Calls;

public sealed class CallTests
{
    [Fact]
    public async Task A_call_reaches_the_grain_with_its_key()
    {
        await using var runtime = await TestRuntime.StartAsync();
        var counter = runtime.Grains.GetGrain<ICounterGrain>("a");
        Assert.Equal(1, await counter.Add(1));
        Assert.Equal(3, await counter.Add(2));
        Assert.Equal(0, await runtime.Grains.GetGrain<ICounterGrain>("b").Get());
        Assert.Equal("a", counter.GetPrimaryKeyString());
        Assert.Equal(counter, runtime.Grains.GetGrain<ICounterGrain>("a"));
    }

    [Fact]
    public async Task State_outlives_the_activation_and_the_runtime()
    {
        var store = new MemoryStore();
        await using (var runtime = await TestRuntime.StartAsync(store))
        {
            var counter = runtime.Grains.GetGrain<ICounterGrain>("a");
            await counter.Add(5);
            await counter.DeactivateSelf();
            Assert.Equal(5, await counter.Get());
        }

        await using var second = await TestRuntime.StartAsync(store);
        Assert.Equal(5, await second.Grains.GetGrain<ICounterGrain>("a").Get());
    }

    [Fact]
    public async Task Reminders_and_timers_fire()
    {
        await using var runtime = await TestRuntime.StartAsync();
        var counter = runtime.Grains.GetGrain<ICounterGrain>("r");
        await counter.Remind(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(20));
        Assert.Equal("r beat", await runtime.Journal.NextAsync());
        Assert.Equal("r beat", await runtime.Journal.NextAsync());
        await runtime.Grains.GetGrain<ICounterGrain>("t").StartTimer(TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(5));
        while (await runtime.Journal.NextAsync() != "t tick") continue;
    }

    [Fact]
    public async Task A_sqlite_file_keeps_state_over_restarts()
    {
        var folder = Directory.CreateTempSubdirectory("grains");
        var path = Path.Combine(folder.FullName, "grains.db");
        await using (var runtime = await TestRuntime.StartAsync(new SqliteStore(new SqliteStoreOptions { Path = path })))
        {
            await Task.WhenAll(Enumerable.Range(0, 100).Select(i => runtime.Grains.GetGrain<ICounterGrain>($"k{i}").Add(i)));
        }

        await using (var runtime = await TestRuntime.StartAsync(new SqliteStore(new SqliteStoreOptions { Path = path })))
        {
            for (var i = 0; i < 100; i++) Assert.Equal(i, await runtime.Grains.GetGrain<ICounterGrain>($"k{i}").Get());
            await runtime.Grains.GetGrain<ICounterGrain>("k5").Clear();
            Assert.False(await runtime.Grains.GetGrain<ICounterGrain>("k5").Exists());
        }

        folder.Delete(recursive: true);
    }
}
