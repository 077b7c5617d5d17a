using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Info;

/// <summary>PraefectInfoService: what is recorded of a repository, and the decisions that people take about it. Errors are worded as Praefect 16.11 words them.</summary>
internal sealed class PraefectInfoService(
    GrainCalls grains, CatalogueAccess catalogue, DatalossReport dataloss, ReplicaChecksums checksums, VerificationMarks marks, GatewayOptions options)
    : Wire.Protos.PraefectInfoService.PraefectInfoServiceBase
{
    private const string NotFound = "repository not found";

    /// <summary>See <see cref="ReplicaChecksums"/>.</summary>
    public override Task<RepositoryReplicasResponse> RepositoryReplicas(RepositoryReplicasRequest request, ServerCallContext context) =>
        checksums.CompareAsync(request, context);

    /// <summary>See <see cref="DatalossReport"/>.</summary>
    public override Task Dataloss(DatalossRequest request, IServerStreamWriter<DatalossResponse> responseStream, ServerCallContext context) =>
        dataloss.SendAsync(request, responseStream, context);

    /// <summary>See <see cref="VerificationMarks"/>.</summary>
    public override Task<MarkUnverifiedResponse> MarkUnverified(MarkUnverifiedRequest request, ServerCallContext context) => marks.MarkAsync(request, context);

    /// <summary>Chooses the replica that counts, giving up what others have beyond it.</summary>
    public override async Task<SetAuthoritativeStorageResponse> SetAuthoritativeStorage(SetAuthoritativeStorageRequest request, ServerCallContext context)
    {
        await RunAsync(
            new RepositoryKey(request.VirtualStorage, request.RelativePath),
            request.AuthoritativeStorage,
            static async (grain, storage, token) =>
            {
                await grain.SetAuthoritativeStorageAsync(storage, token);
                return true;
            },
            prefix: string.Empty,
            context);
        return new SetAuthoritativeStorageResponse();
    }

    /// <summary>Names more storages for a repository, or takes some away.</summary>
    public override async Task<SetReplicationFactorResponse> SetReplicationFactor(SetReplicationFactorRequest request, ServerCallContext context)
    {
        var storages = await RunAsync(
            new RepositoryKey(request.VirtualStorage, request.RelativePath),
            request.ReplicationFactor,
            static (grain, factor, token) => grain.SetReplicationFactorAsync(factor, token),
            "set replication factor: ",
            context);
        var response = new SetReplicationFactorResponse();
        response.Storages.AddRange(storages);
        return response;
    }

    /// <summary>All that is known of a repository, by id or by path.</summary>
    public override async Task<GetRepositoryMetadataResponse> GetRepositoryMetadata(GetRepositoryMetadataRequest request, ServerCallContext context)
    {
        RepositoryKey? key = request.QueryCase switch
        {
            GetRepositoryMetadataRequest.QueryOneofCase.RepositoryId =>
                await catalogue.Get(Methods.PraefectInfo.GetRepositoryMetadata).FindAsync(request.RepositoryId, context.CancellationToken),
            GetRepositoryMetadataRequest.QueryOneofCase.Path => new RepositoryKey(request.Path.VirtualStorage, request.Path.RelativePath),
            _ => throw new GrpcException(GrpcStatusCode.Internal, "unknown query type: <nil>"),
        };
        var metadata = key is { } known
            ? await RunAsync(known, 0, static (grain, _, token) => grain.GetMetadataAsync(token), string.Empty, context)
            : null;
        return metadata is null ? throw new GrpcException(GrpcStatusCode.NotFound, NotFound) : Message(metadata);
    }

    private static GetRepositoryMetadataResponse Message(RepositoryMetadata metadata)
    {
        var response = new GetRepositoryMetadataResponse
        {
            RepositoryId = metadata.RepositoryId,
            VirtualStorage = metadata.Key.VirtualStorage,
            RelativePath = metadata.Key.RelativePath,
            ReplicaPath = metadata.ReplicaPath,
            Primary = metadata.Primary,
            Generation = metadata.Generation,
        };
        response.Replicas.AddRange(metadata.Replicas.Select(replica => new GetRepositoryMetadataResponse.Types.Replica
        {
            Storage = replica.Storage,
            Assigned = replica.Assigned,
            Generation = replica.Generation,
            Healthy = replica.Healthy,
            ValidPrimary = replica.ValidPrimary,
            VerifiedAt = replica.VerifiedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        }));
        return response;
    }

    private async Task<T> RunAsync<TState, T>(
        RepositoryKey key, TState state, Func<IRepositoryGrain, TState, CancellationToken, Task<T>> action, string prefix, ServerCallContext call)
    {
        try
        {
            return await grains.CallAsync(key, state, action, options.BeginTimeout, call.CancellationToken);
        }
        catch (RouteException e)
        {
            // The grain checks in Praefect's order and has its words; only what is nobody's mistake has a code of its own.
            var code = e.Failure is RouteFailure.StoreUnavailable or RouteFailure.Settling ? GrpcStatusCode.Unavailable : GrpcStatusCode.InvalidArgument;
            throw new GrpcException(code, prefix + e.Message, e);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, prefix + e.Message, e);
        }
    }
}
