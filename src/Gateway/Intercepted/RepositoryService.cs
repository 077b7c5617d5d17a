using Grpc.Core;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>What the gateway answers of RepositoryService. The methods that are not here go on to the nodes.</summary>
internal sealed class RepositoryService(RepositoryExistsHandler exists, RepositoryRemoval removal, StorageRemoval storages)
    : Wire.Protos.RepositoryService.RepositoryServiceBase
{
    /// <summary>See <see cref="RepositoryExistsHandler"/>.</summary>
    public override Task<RepositoryExistsResponse> RepositoryExists(RepositoryExistsRequest request, ServerCallContext context) =>
        exists.HandleAsync(request, context);

    /// <summary>See <see cref="RepositoryRemoval"/>.</summary>
    public override Task<RemoveRepositoryResponse> RemoveRepository(RemoveRepositoryRequest request, ServerCallContext context) =>
        removal.RemoveRepositoryAsync(request, context);

    /// <summary>See <see cref="StorageRemoval"/>.</summary>
    public override Task<RemoveAllResponse> RemoveAll(RemoveAllRequest request, ServerCallContext context) => storages.HandleAsync(request, context);
}
