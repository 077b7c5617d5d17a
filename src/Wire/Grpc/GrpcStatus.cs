namespace Praefect.Wire.Grpc;

/// <summary>How a call ended.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">Plain text, not percent-encoded; empty for none.</param>
public sealed record GrpcStatus(GrpcStatusCode Code, string Message)
{
    /// <summary>Success.</summary>
    public static GrpcStatus Ok { get; } = new(GrpcStatusCode.OK, "");

    /// <summary>The deadline has passed, in Go's words.</summary>
    public static GrpcStatus TimeIsUp { get; } = new(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded");

    /// <summary>The call was given up, in Go's words.</summary>
    public static GrpcStatus GivenUp { get; } = new(GrpcStatusCode.Cancelled, "context canceled");

    /// <summary>The decoded content of <c>grpc-status-details-bin</c>, a serialized google.rpc.Status; empty: none was sent.</summary>
    public ReadOnlyMemory<byte> Details { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message.Length == 0 ? Code.ToString() : $"{Code}: {Message}";
}
