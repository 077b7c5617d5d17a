using Praefect.Wire.Streams;

namespace Praefect.Wire.Yamux;

/// <summary>A yamux stream as a <see cref="Stream"/>, asynchronous only.</summary>
internal sealed class YamuxStreamAdapter(YamuxStream stream) : AsyncOnlyStream
{
    private readonly Stream _reader = stream.Input.AsStream(leaveOpen: true);

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? WaitForDataAsync(cancellationToken) : _reader.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // Closing a yamux stream never waits, so the synchronous way is the same.
        if (disposing)
            stream.CloseNow();
        base.Dispose(disposing);
    }

    private async ValueTask<int> WaitForDataAsync(CancellationToken cancellationToken)
    {
        var result = await stream.Input.ReadAsync(cancellationToken);
        stream.Input.AdvanceTo(result.Buffer.Start);
        return 0;
    }
}
