using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Praefect.Benchmarks.GrainCalls;

/// <summary>A call to a grain in the same process.</summary>
[MemoryDiagnoser]
[InProcess]
public class GrainCallBenchmarks
{
    private const int Callers = 32;
    private IHost _host = null!;
    private IEchoGrain[] _grains = [];

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort: 0, gatewayPort: 0));
        _host = builder.Build();
        await _host.StartAsync();
        var factory = _host.Services.GetRequiredService<IGrainFactory>();
        _grains = [.. Enumerable.Range(0, Callers).Select(i => factory.GetGrain<IEchoGrain>($"echo-{i}"))];
        await Task.WhenAll(_grains.Select(g => g.EchoAsync(0)));
    }

    [GlobalCleanup]
    public Task CleanupAsync() => _host.StopAsync();

    [Benchmark(Description = "one caller")]
    public Task<int> One() => _grains[0].EchoAsync(1);

    [Benchmark(Description = "32 callers, each its own grain", OperationsPerInvoke = Callers)]
    public async Task<int> Many()
    {
        var calls = new Task<int>[Callers];
        for (var i = 0; i < Callers; i++)
            calls[i] = _grains[i].EchoAsync(i);
        var sum = 0;
        foreach (var call in calls)
            sum += await call;
        return sum;
    }
}
