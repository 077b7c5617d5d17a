using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Accessors;
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

/// <summary>Deletions: the record first, then the disks, best effort and bounded. Once the record is gone the repository is gone.</summary>
internal sealed partial class RepositoryRemoval(
    GrainCalls grains, NodeTable nodes, RouteMemory routes, GatewayOptions options, TimeProvider time, ILogger<RepositoryRemoval> logger)
{
    public async Task<RemoveRepositoryResponse> RemoveRepositoryAsync(RemoveRepositoryRequest request, ServerCallContext call)
    {
        CallLog.Note(call, request.Repository);
        if (request.Repository is not { } repository)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        var removed = await RemoveAsync(
            new RepositoryKey(repository.StorageName, repository.RelativePath),
            Methods.Repository.RemoveRepository,
            static (storage, path) => new RemoveRepositoryRequest { Repository = new Repository { StorageName = storage, RelativePath = path } },
            RemoveRepositoryResponse.Parser,
            call);
        return removed ? new RemoveRepositoryResponse() : throw new GrpcException(GrpcStatusCode.NotFound, "repository does not exist");
    }

    /// <summary>A pool that is not there is as good as deleted.</summary>
    public async Task<DeleteObjectPoolResponse> DeleteObjectPoolAsync(DeleteObjectPoolRequest request, ServerCallContext call)
    {
        CallLog.Note(call, request.ObjectPool?.Repository);
        if (request.ObjectPool?.Repository is not { } repository)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "no object pool repository");
        if (!PoolPaths.IsClientPool(repository.RelativePath))
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "invalid object pool directory");
        await RemoveAsync(
            new RepositoryKey(repository.StorageName, repository.RelativePath),
            Methods.ObjectPool.DeleteObjectPool,
            static (storage, path) => new DeleteObjectPoolRequest
            {
                ObjectPool = new ObjectPool { Repository = new Repository { StorageName = storage, RelativePath = path } },
            },
            DeleteObjectPoolResponse.Parser,
            call);
        return new DeleteObjectPoolResponse();
    }

    private async Task<bool> RemoveAsync<TRequest, TResponse>(
        RepositoryKey key, string path, Func<string, string, TRequest> request, MessageParser<TResponse> parser, ServerCallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse>
    {
        if (!nodes.TryGet(key.VirtualStorage, out var virtualStorage) || key.RelativePath.Length == 0)
            return false;
        RemovedRepository? removed;
        try
        {
            // Not repeated: a first attempt that did its work would turn the second one's answer into "does not exist".
            removed = await grains.Repository(key).RemoveAsync(call.CancellationToken).WaitAsync(options.FinishTimeout, time, call.CancellationToken);
        }
        catch (RouteException e)
        {
            throw Errors.RouteErrors.Exception(e, "delete repository: ");
        }
        catch (Exception e) when (!call.CancellationToken.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"delete repository: {e.Message}", e);
        }

        routes.Forget(key);
        if (removed is null)
            return false;
        await Task.WhenAll(removed.Storages.Select(async storage =>
        {
            if (!virtualStorage.TryGet(storage, out var node))
                return;
            try
            {
                // Not the caller's token: the record is gone, so what can be cleaned up is, whether the caller waits or not.
                await node.Connection.Channel.UnaryAsync(
                    path, request(storage, removed.ReplicaPath), parser, PassedOn.From(call) with { Timeout = options.RemoveTimeout }, CancellationToken.None);
            }
            catch (GrpcException e)
            {
                LogFailed(logger, key.VirtualStorage, key.RelativePath, storage, e.Message);
            }
        }));
        return true;
    }

    [LoggerMessage(1, LogLevel.Error, "failed deleting repository: virtual_storage={VirtualStorage} relative_path={RelativePath} storage={Storage} error={Error}")]
    private static partial void LogFailed(ILogger logger, string virtualStorage, string relativePath, string storage, string error);
}
