namespace Praefect.Wire.Grpc;

/// <summary>What a call carries besides its messages.</summary>
public sealed record GrpcCallOptions
{
    /// <summary>Default bound of one message, 64 MiB: Gitaly's peers accept more than gRPC's usual 4 MiB.</summary>
    public const int DefaultMaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>Custom metadata; reserved keys are left out when sending.</summary>
    public GrpcMetadata? Metadata { get; init; }

    /// <summary>Time until the call fails with DEADLINE_EXCEEDED, also told to the server; null: no deadline.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The largest response message accepted, in bytes; larger ones fail the call with RESOURCE_EXHAUSTED.</summary>
    public int MaxMessageBytes { get; init; } = DefaultMaxMessageBytes;
}
