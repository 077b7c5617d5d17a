using Grpc.Core;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>RemoveAll: the records of all repositories of a virtual storage, then everything on all its nodes.</summary>
internal sealed class StorageRemoval(GrainCalls grains, NodeTable nodes, RouteMemory routes, CatalogueAccess catalogue, GatewayOptions options)
{
    // Each is one call to a grain and one write to the store.
    private const int MaxAtOnce = 32;
    private const string Prefix = "delete all db repositories: ";

    /// <summary>An unknown virtual storage has nothing to remove.</summary>
    /// <exception cref="GrpcException">A record could not be deleted, and no node was asked; or the first error of a node.</exception>
    public async Task<RemoveAllResponse> HandleAsync(RemoveAllRequest request, ServerCallContext call)
    {
        if (!nodes.TryGet(request.StorageName, out var virtualStorage))
            return new RemoveAllResponse();
        await Parallel.ForEachAsync(
            catalogue.Get(Methods.Repository.RemoveAll).ListPathsAsync(virtualStorage.Name, call.CancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = call.CancellationToken },
            async (path, token) => await RemoveRecordAsync(new RepositoryKey(virtualStorage.Name, path), token));
        await Task.WhenAll(virtualStorage.All.Select(async node => await node.Connection.Channel.UnaryAsync(
            Methods.Repository.RemoveAll,
            new RemoveAllRequest { StorageName = node.Storage },
            RemoveAllResponse.Parser,
            PassedOn.From(call),
            call.CancellationToken)));
        return new RemoveAllResponse();
    }

    private async ValueTask RemoveRecordAsync(RepositoryKey key, CancellationToken cancellationToken)
    {
        try
        {
            await grains.CallAsync<object?, RemovedRepository?>(
                key, null, static (grain, _, token) => grain.RemoveAsync(token), options.FinishAttemptTimeout, cancellationToken);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, Prefix);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, Prefix + e.Message, e);
        }

        routes.Forget(key);
    }
}
