namespace Praefect.Gateway.Proxying;

/// <summary>A request of one message: sent whole, then the stream is half-closed. Can be sent again.</summary>
internal sealed class FrameContent(ReadOnlyMemory<byte> frame) : NodeContent
{
    protected override Task SendAsync(Stream stream, CancellationToken cancellationToken) => stream.WriteAsync(frame, cancellationToken).AsTask();
}
