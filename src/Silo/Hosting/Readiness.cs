using Microsoft.Extensions.Hosting;
using Praefect.Gateway.Grains;
using Praefect.Grains;
using Praefect.Grains.Nodes;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Whether calls can be routed: the process has started, is not stopping, belongs to its cluster, and knows a healthy node in every virtual storage.
/// </summary>
internal sealed class Readiness(NodeDirectory directory, GrainOptions options, IHostApplicationLifetime lifetime, IClusterStanding? standing = null)
{
    /// <summary>Why calls cannot be routed now; null when they can.</summary>
    public async ValueTask<string?> ObstacleAsync(CancellationToken cancellationToken)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return "stopping";
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
            return "starting";
        if (standing is not null && await standing.GivenUpAsync(cancellationToken) is { } reason)
            return reason;
        if (!directory.Current)
            return "the grains cannot be reached";
        foreach (var virtualStorage in options.VirtualStorages)
        {
            var view = directory.Find(virtualStorage.Name);
            if (view is null)
                return $"virtual storage \"{virtualStorage.Name}\" is not known yet";
            if (!view.Nodes.Any(node => node.Healthy))
                return $"virtual storage \"{virtualStorage.Name}\" has no healthy node";
        }

        return null;
    }
}
