namespace Praefect.Wire.Grpc;

/// <summary>A call failed, or must fail, with a status.</summary>
public sealed class GrpcException : Exception
{
    /// <summary>Fails with <paramref name="status"/>.</summary>
    public GrpcException(GrpcStatus status, Exception? inner = null)
        : base(Text(status), inner) => Status = status;

    /// <summary>Fails with <paramref name="code"/> and <paramref name="message"/>.</summary>
    public GrpcException(GrpcStatusCode code, string message, Exception? inner = null)
        : this(new GrpcStatus(code, message), inner)
    {
    }

    /// <summary>The status.</summary>
    public GrpcStatus Status { get; }

    /// <summary>Custom trailers that came, or shall be sent, with the status.</summary>
    public GrpcMetadata Trailers { get; init; } = new();

    /// <summary>No status came from the peer: connection refused or lost, stream reset, truncated, or not gRPC at all. <see cref="Status"/> is then our own reading of that.</summary>
    public bool Broken { get; init; }

    private static string Text(GrpcStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.Message.Length == 0 ? $"grpc status {status.Code}" : status.Message;
    }
}
