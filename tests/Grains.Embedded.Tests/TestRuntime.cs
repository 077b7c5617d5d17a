using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Praefect.Store;

namespace Praefect.Grains.Embedded.Tests;

/// <summary>A started runtime with all grains of this assembly, in memory unless told otherwise.</summary>
public sealed class TestRuntime : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private TestRuntime(ServiceProvider services)
    {
        _services = services;
        Runtime = services.GetRequiredService<EmbeddedGrainRuntime>();
    }

    public EmbeddedGrainRuntime Runtime { get; }

    public IGrainFactory Grains => Runtime.Grains;

    public Journal Journal => _services.GetRequiredService<Journal>();

    public static async Task<TestRuntime> StartAsync(IGrainStore? store = null, Action<EmbeddedOptions>? configure = null, Journal? journal = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton(journal ?? new Journal());
        services.AddEmbeddedGrains(grains =>
        {
            grains.AddGrains(typeof(TestRuntime).Assembly).Configure(options =>
            {
                options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(10);
                configure?.Invoke(options);
            });
            if (store is not null) grains.UseStore(_ => store);
        });
        var runtime = new TestRuntime(services.BuildServiceProvider());
        await runtime.Runtime.StartAsync(CancellationToken.None);
        return runtime;
    }

    public async ValueTask DisposeAsync()
    {
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await Runtime.StopAsync(enough.Token);
        await _services.DisposeAsync();
    }
}
