using Microsoft.Extensions.Hosting;
using Praefect.Grains.Nodes;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Starts the node directory behind the grain runtime and ahead of the listeners: nothing is served before the health of the nodes is known.
/// </summary>
internal sealed class NodeWatch(NodeDirectory directory) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => directory.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => directory.StopAsync(cancellationToken);
}
