using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;

namespace Praefect.Store.Tests;

/// <summary>A silo with its states in a file.</summary>
internal sealed class StoreSilo(SqliteStore store, InProcessTestCluster cluster) : IAsyncDisposable
{
    public IGrainFactory Grains => cluster.Client;

    public static async Task<StoreSilo> StartAsync(string path)
    {
        var store = new SqliteStore(new SqliteStoreOptions { Path = path });
        await store.OpenAsync(CancellationToken.None);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.Services.AddGrainStorage("store", (_, _) => new StoreGrainStorage(store)));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new StoreSilo(store, cluster);
    }

    public async ValueTask DisposeAsync()
    {
        await cluster.DisposeAsync();
        await store.DisposeAsync();
    }
}
