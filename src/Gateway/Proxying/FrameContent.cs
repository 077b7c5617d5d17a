namespace Praefect.Gateway.Proxying;

/// <summary>A request of one message: sent whole, then the stream is half-closed. Can be sent again.</summary>
internal sealed class FrameContent(ReadOnlyMemory<byte> frame) : NodeContent
{
    /// <summary>Up to here the stream's first window always has room, so that sending cannot get stuck and needs no token of its own.</summary>
    private const int AlwaysFits = 16 * 1024;

    private readonly CancellationTokenSource? _stop = frame.Length > AlwaysFits ? new CancellationTokenSource() : null;

    public override void Stop() => _stop?.Cancel();

    protected override Task SendAsync(Stream stream, CancellationToken cancellationToken) =>
        _stop is null ? stream.WriteAsync(frame, cancellationToken).AsTask() : SendLargeAsync(stream, _stop.Token, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _stop?.Dispose();
        base.Dispose(disposing);
    }

    private async Task SendLargeAsync(Stream stream, CancellationToken stop, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        await stream.WriteAsync(frame, either.Token);
    }
}
