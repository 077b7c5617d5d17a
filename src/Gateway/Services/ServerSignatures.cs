using Grpc.Core;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.StorageScoped;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Services;

/// <summary>
/// ServerSignature (Gitaly 17.3): the keys that nodes sign commits with. All healthy nodes are asked and must agree; those that are down are not asked, so
/// that one of them takes the answer from nobody.
/// </summary>
internal sealed partial class ServerSignatures(NodeTable nodes, HealthyNodes healthy, ILogger<ServerSignatures> logger)
{
    public async Task<ServerSignatureResponse> AskAsync(ServerSignatureRequest request, ServerCallContext call)
    {
        var asked = new List<Task<(GatewayNode Node, ServerSignatureResponse? Answer, GrpcException? Failure)>>();
        foreach (var virtualStorage in nodes.VirtualStorages)
        {
            foreach (var storage in await healthy.StoragesAsync(virtualStorage, call.CancellationToken))
            {
                if (virtualStorage.TryGet(storage, out var node))
                    asked.Add(AskAsync(node, request, call));
            }
        }

        var answers = await Task.WhenAll(asked);
        var given = answers.Where(static a => a.Answer is not null).ToList();
        if (given.Count == 0)
            throw answers.Select(static a => a.Failure).FirstOrDefault(static f => f is not null) ?? new GrpcException(GrpcStatusCode.Internal, "no healthy nodes");
        var other = given.Find(a => !a.Answer!.Equals(given[0].Answer));
        return other.Node is null
            ? given[0].Answer!
            : throw new GrpcException(GrpcStatusCode.Internal, $"nodes \"{given[0].Node.Storage}\" and \"{other.Node.Storage}\" have different signing keys");
    }

    private async Task<(GatewayNode Node, ServerSignatureResponse? Answer, GrpcException? Failure)> AskAsync(
        GatewayNode node, ServerSignatureRequest request, ServerCallContext call)
    {
        try
        {
            var options = PassedOn.From(call);
            return (node, await node.Connection.Channel.UnaryAsync(
                Methods.Server.ServerSignature, request, ServerSignatureResponse.Parser, options, call.CancellationToken), null);
        }
        catch (GrpcException e)
        {
            LogFailed(node.Storage, e.Message);
            return (node, null, e);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "node did not say which keys it signs with: storage={Storage} error={Error}")]
    private partial void LogFailed(string storage, string error);
}
