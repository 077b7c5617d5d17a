using Orleans;
using Orleans.Runtime;

namespace Praefect.Store.Tests;

/// <summary>A grain with a state in the store.</summary>
[Alias("praefect.store.tests.counter")]
public interface ICounterGrain : IGrainWithStringKey
{
    [Alias("Add")]
    Task<int> Add(int amount);

    [Alias("Get")]
    Task<int> Get();

    [Alias("Clear")]
    Task Clear();

    [Alias("Exists")]
    Task<bool> Exists();
}

[GenerateSerializer, Alias("praefect.store.tests.count")]
public sealed class Count
{
    [Id(0)]
    public int Value { get; set; }
}

/// <inheritdoc cref="ICounterGrain"/>
public sealed class CounterGrain([PersistentState("count", "store")] IPersistentState<Count> state) : Grain, ICounterGrain
{
    public async Task<int> Add(int amount)
    {
        state.State.Value += amount;
        await state.WriteStateAsync();
        return state.State.Value;
    }

    public Task<int> Get() => Task.FromResult(state.State.Value);

    public Task Clear() => state.ClearStateAsync();

    public Task<bool> Exists() => Task.FromResult(state.RecordExists);
}
