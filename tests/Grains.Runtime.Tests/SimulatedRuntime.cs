using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Praefect.Simulation.Hosting;

namespace Praefect.Grains.Runtime.Tests;

/// <summary>The host of the simulation, here with real time and the thread pool, so that tests can wait for it.</summary>
public sealed class SimulatedRuntime : GrainRuntime
{
    private ServiceProvider? _services;

    public override IGrainFactory Grains => Host.Grains;

    private GrainHost Host => _services!.GetRequiredService<GrainHost>();

    protected override async Task StartAsync()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(TimeProvider.System);
        AddServices(services);
        services.AddGrainHost(new Pool());
        _services = services.BuildServiceProvider();
        await Host.StartAsync(CancellationToken.None);
    }

    protected override async Task StopAsync()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await Host.StopAsync(enough.Token);
        await _services!.DisposeAsync();
    }

    private sealed class Pool : ITurnScheduler
    {
        public void Post(IThreadPoolWorkItem turns) => ThreadPool.UnsafeQueueUserWorkItem(turns, preferLocal: false);
    }
}

[CollectionDefinition(Name)]
public sealed class SimulatedRuntimeTests : ICollectionFixture<SimulatedRuntime>
{
    public const string Name = "the simulated host";
}
