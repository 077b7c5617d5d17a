using Microsoft.Extensions.Logging;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Operations;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Services;

/// <summary>The methods that the gateway answers itself: at the main port, and for nodes that call back.</summary>
internal sealed class OwnServices
{
    public OwnServices(
        RefTransactionService refTransaction, ServerService server, RepositoryExistsHandler exists, RepositoryRemoval removal, ObjectPoolLookup pools,
        StorageRemoval removeAll, RepositoryWalk walk, OperatorServices operators, OperationsService operations, GrpcHealthService health, TimeProvider time,
        ILogger<OwnServices> logger)
    {
        Backchannel = AddVotes(new GrpcMethodTable(time, logger: logger), refTransaction);
        Main = AddVotes(new GrpcMethodTable(time, logger: logger), refTransaction)
            .Unary<ServerInfoRequest, ServerInfoResponse>(Methods.Server.ServerInfo, ServerInfoRequest.Parser, server.ServerInfoAsync)
            .Unary<DiskStatisticsRequest, DiskStatisticsResponse>(Methods.Server.DiskStatistics, DiskStatisticsRequest.Parser, server.DiskStatisticsAsync)
            .Unary<RepositoryExistsRequest, RepositoryExistsResponse>(Methods.Repository.RepositoryExists, RepositoryExistsRequest.Parser, exists.HandleAsync)
            .Unary<RemoveRepositoryRequest, RemoveRepositoryResponse>(
                Methods.Repository.RemoveRepository, RemoveRepositoryRequest.Parser, removal.RemoveRepositoryAsync)
            .Unary<DeleteObjectPoolRequest, DeleteObjectPoolResponse>(
                Methods.ObjectPool.DeleteObjectPool, DeleteObjectPoolRequest.Parser, removal.DeleteObjectPoolAsync)
            .Unary<RemoveAllRequest, RemoveAllResponse>(Methods.Repository.RemoveAll, RemoveAllRequest.Parser, removeAll.HandleAsync)
            .ServerStream<WalkReposRequest, WalkReposResponse>(Methods.InternalGitaly.WalkRepos, WalkReposRequest.Parser, walk.HandleAsync)
            .Unary<GetObjectPoolRequest, GetObjectPoolResponse>(Methods.ObjectPool.GetObjectPool, GetObjectPoolRequest.Parser, pools.HandleAsync);
        operators.Register(Main);
        operations.Register(Main);
        health.Register(Main);
    }

    /// <summary>What clients may call.</summary>
    public GrpcMethodTable Main { get; }

    /// <summary>What nodes may call over the gateway's connection to them.</summary>
    public GrpcMethodTable Backchannel { get; }

    private static GrpcMethodTable AddVotes(GrpcMethodTable table, RefTransactionService service) => table
        .Unary<VoteTransactionRequest, VoteTransactionResponse>(Methods.RefTransaction.VoteTransaction, VoteTransactionRequest.Parser, service.VoteAsync)
        .Unary<StopTransactionRequest, StopTransactionResponse>(Methods.RefTransaction.StopTransaction, StopTransactionRequest.Parser, service.StopAsync);
}
