using System.Text.Json;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Votes;

/// <summary>The transaction that a call is part of: the value of <c>gitaly-reference-transaction</c>.</summary>
/// <param name="Id">Id of the transaction, unique on the connection.</param>
/// <param name="Node">The name under which this node votes.</param>
/// <param name="Primary">Whether this node is the primary of the call.</param>
public sealed record TransactionMetadata(ulong Id, string Node, bool Primary)
{
    /// <summary>The metadata key.</summary>
    public const string Key = "gitaly-reference-transaction";

    /// <summary>Reads the value: base64 of <c>{"id":1,"node":"name","primary":true}</c>.</summary>
    /// <exception cref="GrpcException">InvalidArgument: not such a value.</exception>
    public static TransactionMetadata Parse(string value)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(value));
            var root = document.RootElement;
            var primary = root.TryGetProperty("primary", out var flag) && flag.GetBoolean();
            return new TransactionMetadata(root.GetProperty("id").GetUInt64(), root.GetProperty("node").GetString() ?? "", primary);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new GrpcException(new GrpcStatus(GrpcStatusCode.InvalidArgument, $"metadata {Key} is not a transaction: {exception.Message}"), exception);
        }
    }

    /// <summary>The value that <see cref="Parse"/> reads.</summary>
    public string Format() =>
        Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["id"] = Id,
            ["node"] = Node,
            ["primary"] = Primary,
        }));
}
