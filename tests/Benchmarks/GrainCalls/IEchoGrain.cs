namespace Praefect.Benchmarks.GrainCalls;

/// <summary>The cheapest grain: what a call costs is the runtime's.</summary>
[Alias("praefect.bench.echo")]
public interface IEchoGrain : IGrainWithStringKey
{
    Task<int> EchoAsync(int number);
}

/// <inheritdoc cref="IEchoGrain"/>
public sealed class EchoGrain : Grain, IEchoGrain
{
    public Task<int> EchoAsync(int number) => Task.FromResult(number);
}
