using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Checks;
using Praefect.Gateway.Clock;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Services;

/// <summary>ServerService as seen through virtual storages.</summary>
internal sealed partial class ServerService(
    NodeTable nodes, ReplicaChoice choice, ReadinessChecks readiness, ClockCheck clock, ServerSignatures signatures, ILogger<ServerService> logger)
    : Wire.Protos.ServerService.ServerServiceBase
{
    /// <summary>One node of each virtual storage is asked; a node that fails is left out. Versions are those of whichever answered first.</summary>
    public override async Task<ServerInfoResponse> ServerInfo(ServerInfoRequest request, ServerCallContext context)
    {
        var response = new ServerInfoResponse();
        var asked = nodes.VirtualStorages.OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => AskAsync(v, request, response, context)).ToList();
        response.StorageStatuses.AddRange((await Task.WhenAll(asked)).OfType<ServerInfoResponse.Types.StorageStatus>());
        return response;
    }

    /// <summary>All nodes, by their own names; one that fails fails the call.</summary>
    public override async Task<DiskStatisticsResponse> DiskStatistics(DiskStatisticsRequest request, ServerCallContext context)
    {
        var response = new DiskStatisticsResponse();
        foreach (var node in nodes.VirtualStorages.SelectMany(v => v.All))
        {
            try
            {
                var answer = await UnaryAsync(node, Methods.Server.DiskStatistics, request, DiskStatisticsResponse.Parser, context);
                response.StorageStatuses.AddRange(answer.StorageStatuses);
            }
            catch (GrpcException e)
            {
                LogFailed(logger, Methods.Server.DiskStatistics, node.Storage, e.Message);
                throw new GrpcException(GrpcStatusCode.Internal, $"error when requesting disk statistics from internal storage {node.Storage}", e);
            }
        }

        return response;
    }

    /// <summary>See <see cref="ReadinessChecks"/>.</summary>
    public override Task<ReadinessCheckResponse> ReadinessCheck(ReadinessCheckRequest request, ServerCallContext context) => readiness.RunAsync(request, context);

    /// <summary>See <see cref="ClockCheck"/>.</summary>
    public override Task<ClockSyncedResponse> ClockSynced(ClockSyncedRequest request, ServerCallContext context) => clock.CheckAsync(request, context);

    /// <summary>See <see cref="ServerSignatures"/>.</summary>
    public override Task<ServerSignatureResponse> ServerSignature(ServerSignatureRequest request, ServerCallContext context) => signatures.AskAsync(request, context);

    private async Task<ServerInfoResponse.Types.StorageStatus?> AskAsync(
        VirtualStorageNodes virtualStorage, ServerInfoRequest request, ServerInfoResponse response, ServerCallContext call)
    {
        var node = choice.Choose(virtualStorage, [.. virtualStorage.All.Select(n => n.Storage)]);
        if (node is null)
            return null;
        try
        {
            var answer = await UnaryAsync(node, Methods.Server.ServerInfo, request, ServerInfoResponse.Parser, call);
            lock (response)
            {
                if (response.ServerVersion.Length == 0)
                    (response.ServerVersion, response.GitVersion) = (answer.ServerVersion, answer.GitVersion);
            }

            if (answer.StorageStatuses.FirstOrDefault(s => s.StorageName == node.Storage) is not { } status)
                return null;
            status.StorageName = virtualStorage.Name;
            status.ReplicationFactor = (uint)virtualStorage.All.Length;
            if (virtualStorage.All.Length > 1)
                status.FilesystemId = NameBasedUuid.Create(NameBasedUuid.VirtualStorages, virtualStorage.Name).ToString();
            return status;
        }
        catch (GrpcException e)
        {
            LogFailed(logger, Methods.Server.ServerInfo, node.Storage, e.Message);
            return null;
        }
    }

    private static Task<TResponse> UnaryAsync<TRequest, TResponse>(
        GatewayNode node, string path, TRequest request, MessageParser<TResponse> parser, ServerCallContext call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        node.Connection.Channel.UnaryAsync(path, request, parser, PassedOn.From(call), call.CancellationToken);

    [LoggerMessage(1, LogLevel.Warning, "node did not answer: grpc_path={Path} storage={Storage} error={Error}")]
    private static partial void LogFailed(ILogger logger, string path, string storage, string error);
}
