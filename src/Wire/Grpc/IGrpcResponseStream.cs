namespace Praefect.Wire.Grpc;

/// <summary>Where a streaming handler writes its responses. One write at a time.</summary>
public interface IGrpcResponseStream<in T>
{
    /// <summary>Sends a message; waits while the client's window is full.</summary>
    /// <exception cref="OperationCanceledException">The client is gone, the deadline passed, or <paramref name="ct"/> was cancelled.</exception>
    Task WriteAsync(T message, CancellationToken ct);
}
