using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Praefect.Grains.Runtime.Tests;

/// <summary>A real silo.</summary>
public sealed class SiloRuntime : GrainRuntime
{
    private InProcessTestCluster? _cluster;

    public override IGrainFactory Grains => _cluster!.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>();

    protected override async Task StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddReminders();
            AddServices(silo.Services);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    protected override async Task StopAsync() => await _cluster!.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class SiloRuntimeTests : ICollectionFixture<SiloRuntime>
{
    public const string Name = "a real silo";
}
