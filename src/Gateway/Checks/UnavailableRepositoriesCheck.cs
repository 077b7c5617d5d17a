using Praefect.Gateway.Nodes;
using Praefect.Gateway.StorageScoped;
using Praefect.Grains.Catalogue;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Checks;

/// <summary>Every repository has an up-to-date replica on a healthy storage.</summary>
internal sealed class UnavailableRepositoriesCheck(NodeTable nodes, HealthyNodes healthy, IEnumerable<IRepositoryCatalogue> catalogues) : IReadinessCheck
{
    public string Name => "unavailable repositories";

    public async Task<string?> RunAsync(GrpcCallOptions passedOn, CancellationToken cancellationToken)
    {
        if (catalogues.FirstOrDefault() is not { } catalogue)
            return null;
        foreach (var virtualStorage in nodes.VirtualStorages)
        {
            var configured = virtualStorage.All.Select(static n => n.Storage).ToArray();
            var up = await healthy.StoragesAsync(virtualStorage, cancellationToken);
            if (await catalogue.CountUnavailableAsync(virtualStorage.Name, configured, up, cancellationToken) > 0)
                return "repositories unavailable";
        }

        return null;
    }
}
