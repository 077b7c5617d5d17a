using System.Collections.Immutable;
using Grpc.Core;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Pipeline;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>GetObjectPool: asks an up-to-date node, and gives the pool the name that clients know it by.</summary>
internal sealed class ObjectPoolLookup(
    GrainCalls grains, NodeTable nodes, ReplicaChoice choice, GatewayOptions options, CatalogueAccess catalogue)
{
    public async Task<GetObjectPoolResponse> HandleAsync(GetObjectPoolRequest request, ServerCallContext call)
    {
        CallLog.Note(call, request.Repository);
        var repository = request.Repository;
        if (string.IsNullOrEmpty(repository?.StorageName) || string.IsNullOrEmpty(repository.RelativePath))
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        if (!nodes.TryGet(repository.StorageName, out var virtualStorage))
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "route RPC: virtual storage does not exist");

        var route = await RouteAsync(new RepositoryKey(repository.StorageName, repository.RelativePath), call.CancellationToken);
        var node = choice.Choose(virtualStorage, route.Storages) ?? throw new GrpcException(RouteErrors.Status(RouteFailure.NoSuitableNode, RoutePrefix.GetObjectPool));
        var asked = repository.Clone();
        (asked.StorageName, asked.RelativePath) = (node.Storage, route.ReplicaPath);
        var answer = await node.Connection.Channel.UnaryAsync(
            Methods.ObjectPool.GetObjectPool,
            new GetObjectPoolRequest { Repository = asked },
            GetObjectPoolResponse.Parser,
            PassedOn.From(call),
            call.CancellationToken);
        if (answer.ObjectPool?.Repository is not { } pool)
            return answer;
        pool.StorageName = repository.StorageName;
        pool.RelativePath = await ClientPathAsync(repository.StorageName, pool.RelativePath, call.CancellationToken);
        return answer;
    }

    private async Task<AccessorRoute> RouteAsync(RepositoryKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.CallAsync(
                key, AccessorRequest.Any, static (grain, r, token) => grain.RouteAccessorAsync(r, token), options.RouteTimeout, cancellationToken);
        }
        catch (RouteException e) when (e.Failure == RouteFailure.RepositoryNotFound)
        {
            throw new GrpcException(GrpcStatusCode.NotFound, "route RPC: consistent storages: repository not found", e);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.GetObjectPool);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, RoutePrefix.GetObjectPool + e.Message, e);
        }
    }

    private async Task<string> ClientPathAsync(string virtualStorage, string replicaPath, CancellationToken cancellationToken)
    {
        // Older pools lie at the path that clients use; newer ones carry their id.
        if (!PoolPaths.TryReadPoolId(replicaPath, out var id))
            return replicaPath;
        var pool = await catalogue.Get(Methods.ObjectPool.GetObjectPool).FindAsync(id, cancellationToken);
        return pool is { } found && string.Equals(found.VirtualStorage, virtualStorage, StringComparison.Ordinal)
            ? found.RelativePath
            : throw new GrpcException(GrpcStatusCode.Internal, "get Praefect repository metadata: repository not found");
    }
}
