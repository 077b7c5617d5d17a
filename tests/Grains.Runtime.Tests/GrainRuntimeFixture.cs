using Orleans;
#if GRAINS_EMBEDDED
using Microsoft.Extensions.DependencyInjection;
using Praefect.Grains.Embedded;
#else
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;
#endif

namespace Praefect.Grains.Runtime.Tests;

/// <summary>The grain runtime that this build selected. Whatever the tests see of it must not depend on which one that is.</summary>
public sealed class GrainRuntimeFixture : IAsyncLifetime
{
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

#if GRAINS_EMBEDDED
    private ServiceProvider? _services;

    public IGrainFactory Grains => _services!.GetRequiredService<IGrainFactory>();

    public async Task InitializeAsync()
    {
        var services = new ServiceCollection();
        services.AddEmbeddedGrains(grains => grains.AddGrains(typeof(GrainRuntimeFixture).Assembly).Configure(options =>
        {
            options.ResponseTimeout = ResponseTimeout;
            options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100);
        }));
        _services = services.BuildServiceProvider();
        await _services.GetRequiredService<EmbeddedGrainRuntime>().StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _services!.GetRequiredService<EmbeddedGrainRuntime>().StopAsync(enough.Token);
        await _services!.DisposeAsync();
    }
#else
    private InProcessTestCluster? _cluster;

    public IGrainFactory Grains => _cluster!.Silos[0].ServiceProvider.GetService(typeof(IGrainFactory)) as IGrainFactory ?? throw new InvalidOperationException("no factory");

    public async Task InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo
            .AddMemoryGrainStorage("main")
            .UseInMemoryReminderService()
            .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = options.SystemResponseTimeout = ResponseTimeout)
            .Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100)));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync() => await _cluster!.DisposeAsync();
#endif
}

[CollectionDefinition(Name)]
public sealed class GrainRuntimeCollection : ICollectionFixture<GrainRuntimeFixture>
{
    public const string Name = "grain runtime";
}
