using Praefect.Grains.Catalogue;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Intercepted;

/// <summary>The catalogue of all repositories, for the few calls that need it; a host without one still serves all others.</summary>
internal sealed class CatalogueAccess(IEnumerable<IRepositoryCatalogue> registered)
{
    private readonly IRepositoryCatalogue? _catalogue = registered.FirstOrDefault();

    /// <exception cref="GrpcException">Unimplemented: the host has none.</exception>
    public IRepositoryCatalogue Get(string path) => _catalogue
        ?? throw new GrpcException(GrpcStatusCode.Unimplemented, $"{path} is not served by this gateway: it needs the catalogue of all repositories");
}
