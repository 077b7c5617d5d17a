namespace Praefect.Wire.Grpc;

/// <summary>Names and values that gRPC over HTTP/2 reserves.</summary>
public static class GrpcHeaders
{
    /// <summary>Content type of calls and answers.</summary>
    public const string ContentType = "application/grpc";

    /// <summary>Remaining time of the call, see <see cref="GrpcTimeout"/>.</summary>
    public const string Timeout = "grpc-timeout";

    /// <summary>Compression of messages whose compressed flag is set.</summary>
    public const string Encoding = "grpc-encoding";

    /// <summary>Decimal status code.</summary>
    public const string Status = "grpc-status";

    /// <summary>Percent-encoded status message, see <see cref="GrpcMessageText"/>.</summary>
    public const string Message = "grpc-message";

    /// <summary>Base64 of a serialized google.rpc.Status.</summary>
    public const string StatusDetails = "grpc-status-details-bin";

    /// <summary>Whether a key belongs to the protocol rather than to the application's metadata.</summary>
    public static bool IsReserved(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        return key[0] == ':'
            || key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
            || key.Equals("te", StringComparison.OrdinalIgnoreCase)
            || key.Equals("content-type", StringComparison.OrdinalIgnoreCase)
            || key.Equals("content-length", StringComparison.OrdinalIgnoreCase)
            || key.Equals("user-agent", StringComparison.OrdinalIgnoreCase)
            || key.Equals("host", StringComparison.OrdinalIgnoreCase)
            || key.Equals("connection", StringComparison.OrdinalIgnoreCase)
            || key.Equals("transfer-encoding", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether <paramref name="contentType"/> is gRPC: the type itself, a message format after <c>+</c>, or parameters after <c>;</c>.</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');
}
