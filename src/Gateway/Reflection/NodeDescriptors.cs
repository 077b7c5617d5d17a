using Grpc.Core;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.StorageScoped;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Reflection;

/// <summary>Descriptors as the nodes have them.</summary>
internal sealed partial class NodeDescriptors(NodeTable nodes, HealthyNodes healthy, ILogger<NodeDescriptors> logger)
{
    // Nodes of one installation are of one version, or of two while it is upgraded: asking them all would bring nothing more.
    private const int MostAsked = 3;

    /// <summary>What the first node says that says anything; null: none of those asked has the descriptor.</summary>
    public async Task<ServerReflectionResponse?> AskAsync(ServerReflectionRequest request, ServerCallContext context)
    {
        var asked = 0;
        foreach (var virtualStorage in nodes.VirtualStorages)
        {
            foreach (var storage in await healthy.StoragesAsync(virtualStorage, context.CancellationToken))
            {
                if (!virtualStorage.TryGet(storage, out var node))
                    continue;
                if (await AskAsync(node, request, context) is { ErrorResponse: null } answer)
                    return answer;
                if (++asked == MostAsked)
                    return null;
            }
        }

        return null;
    }

    private async Task<ServerReflectionResponse?> AskAsync(GatewayNode node, ServerReflectionRequest request, ServerCallContext context)
    {
        try
        {
            await using var call = node.Connection.Channel.Open<ServerReflectionRequest, ServerReflectionResponse>(
                ReflectionService.Path, ServerReflectionResponse.Parser, PassedOn.From(context), context.CancellationToken);
            await call.SendOnlyAsync(request, context.CancellationToken);
            return await call.ReadAsync(context.CancellationToken);
        }
        catch (GrpcException e)
        {
            LogFailed(node.Storage, e.Message);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "node did not answer a question about its protocol: storage={Storage} error={Error}")]
    private partial void LogFailed(string storage, string error);
}
