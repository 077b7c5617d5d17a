using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Services;

/// <summary>ServerService as seen through virtual storages.</summary>
internal sealed partial class ServerService(NodeTable nodes, ReplicaChoice choice, ILogger<ServerService> logger)
{
    /// <summary>One node of each virtual storage is asked; a node that fails is left out. Versions are those of whichever answered first.</summary>
    public async Task<ServerInfoResponse> ServerInfoAsync(ServerInfoRequest request, GrpcServerCall call)
    {
        var response = new ServerInfoResponse();
        var asked = nodes.VirtualStorages.OrderBy(v => v.Name, StringComparer.Ordinal).Select(v => AskAsync(v, request, response, call)).ToList();
        response.StorageStatuses.AddRange((await Task.WhenAll(asked)).OfType<ServerInfoResponse.Types.StorageStatus>());
        return response;
    }

    /// <summary>All nodes, by their own names; one that fails fails the call.</summary>
    public async Task<DiskStatisticsResponse> DiskStatisticsAsync(DiskStatisticsRequest request, GrpcServerCall call)
    {
        var response = new DiskStatisticsResponse();
        foreach (var node in nodes.VirtualStorages.SelectMany(v => v.All))
        {
            try
            {
                var answer = await UnaryAsync(node, Methods.Server.DiskStatistics, request, DiskStatisticsResponse.Parser, call);
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

    private async Task<ServerInfoResponse.Types.StorageStatus?> AskAsync(
        VirtualStorageNodes virtualStorage, ServerInfoRequest request, ServerInfoResponse response, GrpcServerCall call)
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
        GatewayNode node, string path, TRequest request, MessageParser<TResponse> parser, GrpcServerCall call)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        node.Connection.Channel.UnaryAsync(path, request, parser, PassedOn.From(call), call.CancellationToken);

    [LoggerMessage(1, LogLevel.Warning, "node did not answer: grpc_path={Path} storage={Storage} error={Error}")]
    private static partial void LogFailed(ILogger logger, string path, string storage, string error);
}
