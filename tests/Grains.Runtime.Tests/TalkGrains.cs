using System.Collections.Immutable;
using Orleans;
using Orleans.Runtime;

namespace Praefect.Grains.Runtime.Tests;

[GenerateSerializer, Immutable]
public sealed record Parcel([property: Id(0)] string Name, [property: Id(1)] ImmutableArray<int> Items);

public interface ITalkObserver : IGrainObserver
{
    Task Heard(string text);
}

public interface ITalkGrain : IGrainWithIntegerKey
{
    Task<List<string>> AddTo(List<string> list);

    Task<List<string>> Kept();

    Task<Dictionary<string, int[]>> Doubled(Dictionary<string, int[]> numbers);

    Task<Parcel> Pass(Parcel parcel);

    ValueTask<int> Quick(int value);

    ValueTask Nothing();

    Task<string?> Context(string key);

    Task<string?> Ambient();

    Task Subscribe(ITalkObserver observer);

    Task Say(string text);

    Task<ITalkGrain> Self();

    Task<long> KeyOf(ITalkGrain other);

    [ResponseTimeout("00:00:02")]
    Task<string> AskBack(long through, bool allowed);

    Task<string> Through(ITalkGrain back);

    [ResponseTimeout("00:00:02")]
    Task<string> Answer();
}

public sealed class TalkGrain : Grain, ITalkGrain
{
    public static readonly AsyncLocal<string?> Local = new();
    private readonly List<string> _kept = [];
    private ITalkObserver? _observer;

    public Task<List<string>> AddTo(List<string> list)
    {
        list.Add("from the grain");
        _kept.AddRange(list);
        return Task.FromResult(_kept);
    }

    public Task<List<string>> Kept() => Task.FromResult(_kept);

    public Task<Dictionary<string, int[]>> Doubled(Dictionary<string, int[]> numbers)
    {
        foreach (var values in numbers.Values)
        {
            for (var i = 0; i < values.Length; i++) values[i] *= 2;
        }

        return Task.FromResult(numbers);
    }

    public Task<Parcel> Pass(Parcel parcel) => Task.FromResult(parcel);

    public ValueTask<int> Quick(int value) => ValueTask.FromResult(value);

    public async ValueTask Nothing() => await Task.Yield();

    public Task<string?> Context(string key) => Task.FromResult(RequestContext.Get(key) as string);

    public Task<string?> Ambient() => Task.FromResult(Local.Value);

    public Task Subscribe(ITalkObserver observer)
    {
        _observer = observer;
        return Task.CompletedTask;
    }

    public Task Say(string text) => _observer!.Heard(text);

    public Task<ITalkGrain> Self() => Task.FromResult(this.AsReference<ITalkGrain>());

    public Task<long> KeyOf(ITalkGrain other) => Task.FromResult(other.GetPrimaryKeyLong());

    public async Task<string> AskBack(long through, bool allowed)
    {
        var other = GrainFactory.GetGrain<ITalkGrain>(through);
        if (!allowed) return await other.Through(this.AsReference<ITalkGrain>());
        using var section = RequestContext.AllowCallChainReentrancy();
        return await other.Through(this.AsReference<ITalkGrain>());
    }

    public Task<string> Through(ITalkGrain back) => back.Answer();

    public Task<string> Answer() => Task.FromResult($"answer of {this.GetPrimaryKeyLong()}");
}

public interface IKeyGrain : IGrainWithGuidKey
{
    Task<Guid> Key();
}

public sealed class KeyGrain : Grain, IKeyGrain
{
    public Task<Guid> Key() => Task.FromResult(this.GetPrimaryKey());
}
