using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Praefect.Store;

namespace Praefect.Grains.Runtime.Tests;

/// <summary>Grains that run, above the product's own storage on a file. Whatever the tests see of them must not depend on who runs them.</summary>
public abstract class GrainRuntime : IAsyncLifetime
{
    public static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan IdleAge = TimeSpan.FromSeconds(2);
    private readonly string _directory = Directory.CreateTempSubdirectory("grain-runtime-").FullName;
    private SqliteStore? _store;

    public abstract IGrainFactory Grains { get; }

    /// <summary>The name of a test's grain, and of its journal, on this host.</summary>
    public string Key(string test) => $"{GetType().Name}.{test}";

    public async Task InitializeAsync()
    {
        _store = new SqliteStore(new SqliteStoreOptions { Path = Path.Combine(_directory, "grains.db") });
        await _store.OpenAsync(CancellationToken.None);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        await _store!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    protected abstract Task StartAsync();

    protected abstract Task StopAsync();

    protected void AddServices(IServiceCollection services)
    {
        services.AddGrainStorage("main", (_, _) => new StoreGrainStorage(_store!));
        services.AddSingleton<IReminderTable>(new StoreReminderTable(_store!));
        services.Configure<SiloMessagingOptions>(static options => options.ResponseTimeout = options.SystemResponseTimeout = ResponseTimeout);
        services.Configure<ReminderOptions>(static options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100));
        services.Configure<GrainCollectionOptions>(static options =>
        {
            options.CollectionQuantum = TimeSpan.FromSeconds(1);
            options.ClassSpecificCollectionAge[typeof(IdleGrain).FullName!] = IdleAge;
        });
    }
}
