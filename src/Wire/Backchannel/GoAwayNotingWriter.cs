using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Counts the bytes that Kestrel sends and notes its GOAWAY frames, the only sign of why it ends a connection: its own log says so to developers only.
/// Kestrel writes such a frame as a header and 8 bytes; one that it wrote otherwise would go unnoticed, no more.
/// </summary>
internal sealed class GoAwayNotingWriter(PipeWriter inner, FrameBudget budget, Action<uint> goingAway) : PipeWriter
{
    private const int FrameHeaderBytes = 9;
    private const int GoAwayBytes = 8;
    private const byte GoAwayFrame = 7;

    private Memory<byte> _room;
    private bool _afterGoAwayHeader;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes)
    {
        budget.EarnBySending(bytes);
        var written = _room.Span[..Math.Min(bytes, _room.Length)];
        if (_afterGoAwayHeader && written.Length == GoAwayBytes)
            goingAway(BinaryPrimitives.ReadUInt32BigEndian(written[4..]));
        _afterGoAwayHeader = written.Length == FrameHeaderBytes && written[3] == GoAwayFrame && written[..3].SequenceEqual((ReadOnlySpan<byte>)[0, 0, GoAwayBytes]);
        _room = _room[written.Length..];
        inner.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _room = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        _room = default;
        return inner.FlushAsync(cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        budget.EarnBySending(source.Length);
        _room = default;
        return inner.WriteAsync(source, cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
}
