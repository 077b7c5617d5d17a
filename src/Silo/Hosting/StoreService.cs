using Microsoft.Extensions.Hosting;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>Opens the store ahead of the silo, so that a locked one ends the start before anything else has begun, and closes it after the silo.</summary>
internal sealed class StoreService(IGrainStore store) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken) => await store.DisposeAsync();
}
