using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.StorageScoped;
using Praefect.Grains.Catalogue;

namespace Praefect.Gateway.Checks;

/// <summary>Every repository has an up-to-date replica on a healthy storage.</summary>
internal sealed class UnavailableRepositoriesCheck(NodeTable nodes, HealthyNodes healthy, IEnumerable<IRepositoryCatalogue> catalogues) : IHealthCheck
{
    /// <summary>As operators know it.</summary>
    public const string Name = "unavailable repositories";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (catalogues.FirstOrDefault() is not { } catalogue)
            return HealthCheckResult.Healthy();
        foreach (var virtualStorage in nodes.VirtualStorages)
        {
            var configured = virtualStorage.All.Select(static n => n.Storage).ToArray();
            var up = await healthy.StoragesAsync(virtualStorage, cancellationToken);
            if (await catalogue.CountUnavailableAsync(virtualStorage.Name, configured, up, cancellationToken) > 0)
                return HealthCheckResult.Unhealthy("repositories unavailable");
        }

        return HealthCheckResult.Healthy();
    }
}
