using Grpc.Core;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>What the gateway answers of ObjectPoolService. The methods that are not here go on to the nodes.</summary>
internal sealed class ObjectPoolService(ObjectPoolLookup lookup, RepositoryRemoval removal) : Wire.Protos.ObjectPoolService.ObjectPoolServiceBase
{
    /// <summary>See <see cref="ObjectPoolLookup"/>.</summary>
    public override Task<GetObjectPoolResponse> GetObjectPool(GetObjectPoolRequest request, ServerCallContext context) => lookup.HandleAsync(request, context);

    /// <summary>See <see cref="RepositoryRemoval"/>.</summary>
    public override Task<DeleteObjectPoolResponse> DeleteObjectPool(DeleteObjectPoolRequest request, ServerCallContext context) =>
        removal.DeleteObjectPoolAsync(request, context);
}
