using System.Text.Json;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;

namespace Praefect.StorageNode.Replication;

/// <summary>How to reach other storages: the value of <c>gitaly-servers</c>.</summary>
public static class GitalyServers
{
    /// <summary>The metadata key.</summary>
    public const string Key = "gitaly-servers";

    /// <summary>The node of <paramref name="storage"/>, from base64 of <c>{"storage":{"address":"tcp://…","token":"…"}}</c>.</summary>
    /// <exception cref="GrpcException">InvalidArgument: missing, not readable, or without that storage.</exception>
    public static NodeOptions Find(string? value, string storage)
    {
        if (string.IsNullOrEmpty(value))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"metadata {Key} is missing: it must say how to reach storage \"{storage}\"");
        }

        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(value));
            if (!document.RootElement.TryGetProperty(storage, out var server))
            {
                throw new GrpcException(GrpcStatusCode.InvalidArgument, $"metadata {Key} does not name storage \"{storage}\"");
            }

            var address = NodeAddress.Parse(server.GetProperty("address").GetString() ?? "");
            var token = server.TryGetProperty("token", out var secret) ? secret.GetString() ?? "" : "";
            return new NodeOptions("", storage, address, token);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"metadata {Key} cannot be read: {exception.Message}", exception);
        }
    }
}
