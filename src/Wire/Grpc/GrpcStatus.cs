namespace Praefect.Wire.Grpc;

/// <summary>How a call ended.</summary>
/// <param name="Code">The code.</param>
/// <param name="Message">Plain text, not percent-encoded; empty for none.</param>
public sealed record GrpcStatus(GrpcStatusCode Code, string Message)
{
    /// <summary>Success.</summary>
    public static GrpcStatus Ok { get; } = new(GrpcStatusCode.OK, "");

    /// <summary>The decoded content of <c>grpc-status-details-bin</c>, a serialized google.rpc.Status; empty: none was sent.</summary>
    public ReadOnlyMemory<byte> Details { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message.Length == 0 ? Code.ToString() : $"{Code}: {Message}";
}
