using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Pipeline;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>Deletions, in Praefect's words. What is on the disks goes as well as it can be deleted.</summary>
internal sealed partial class RepositoryRemoval(
    RecordedRemoval removal, NodeTable nodes, GatewayOptions options, ILogger<RepositoryRemoval> logger)
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
        try
        {
            return await removal.RunAsync(key, DeleteAsync, call.CancellationToken);
        }
        catch (RouteException e)
        {
            throw Errors.RouteErrors.Exception(e, "delete repository: ");
        }
        catch (Exception e) when (!call.CancellationToken.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"delete repository: {e.Message}", e);
        }

        async Task DeleteAsync(string storage, string replicaPath)
        {
            if (!virtualStorage.TryGet(storage, out var node))
                return;
            try
            {
                await node.Connection.Channel.UnaryAsync(
                    path, request(storage, replicaPath), parser, PassedOn.From(call) with { Timeout = options.RemoveTimeout }, CancellationToken.None);
            }
            catch (GrpcException e)
            {
                LogFailed(logger, key.VirtualStorage, key.RelativePath, storage, e.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "failed deleting repository: virtual_storage={VirtualStorage} relative_path={RelativePath} storage={Storage} error={Error}")]
    private static partial void LogFailed(ILogger logger, string virtualStorage, string relativePath, string storage, string error);
}
