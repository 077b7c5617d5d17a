using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.InteropServices;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Shows an HTTP/2 connection's bytes to Kestrel with every authority repaired (<see cref="AuthorityRepair"/>). Bytes are repaired where
/// they lie, once, and a HEADERS frame is shown when all of it is there; nothing is copied.
/// </summary>
internal sealed class AuthorityRepairingReader(PipeReader inner) : PipeReader
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte HeadersFrame = 1;
    private const byte PaddedFlag = 0x8;
    private const byte PriorityFlag = 0x20;

    /// <summary>What Kestrel announces (and RFC 9113 has as its initial value); it refuses a longer frame, so that none is waited for.</summary>
    private const int MaxFrameBytes = 16384;

    private ReadOnlySequence<byte> _all;
    private ReadOnlySequence<byte> _shown;

    /// <summary>Bytes from the start of what is unread that were looked at; frames that have not come in full yet may reach beyond.</summary>
    private long _scanned = PrefaceBytes;
    private long _shownBefore;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await inner.ReadAsync(cancellationToken);
            if (Show(result))
                return new ReadResult(_shown, result.IsCanceled, result.IsCompleted);
            inner.AdvanceTo(_all.Start, _all.End);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        if (inner.TryRead(out result))
        {
            if (Show(result))
            {
                result = new ReadResult(_shown, result.IsCanceled, result.IsCompleted);
                return true;
            }

            inner.AdvanceTo(_all.Start, _all.End);
        }

        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _all.Slice(0, consumed).Length;
        var seen = _all.Slice(0, examined).Length;

        // Who has examined all that was shown waits for more than that, and so must not be woken by what is held back.
        var all = seen >= _shown.Length;
        _scanned -= taken;
        _shownBefore = seen - taken;
        inner.AdvanceTo(consumed, all ? _all.End : examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    /// <summary>Repairs what is new. False: nothing to show that was not examined before.</summary>
    private bool Show(ReadResult result)
    {
        _all = result.Buffer;
        var wholeFrames = Scan();
        _shown = result.IsCompleted ? _all : _all.Slice(0, Math.Min(wholeFrames, _all.Length));
        return _shown.Length > _shownBefore || result.IsCompleted || result.IsCanceled;
    }

    /// <summary>Goes on to the last frame that has begun, and returns how many bytes may be shown.</summary>
    private long Scan()
    {
        Span<byte> header = stackalloc byte[FrameHeaderBytes];
        while (_scanned + FrameHeaderBytes <= _all.Length)
        {
            _all.Slice(_scanned, FrameHeaderBytes).CopyTo(header);
            var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(header) >> 8);
            if (header[3] == HeadersFrame && length <= MaxFrameBytes)
            {
                if (_scanned + FrameHeaderBytes + length > _all.Length)
                    return _scanned;
                RepairFrame(_all.Slice(_scanned + FrameHeaderBytes, length), header[4]);
            }

            _scanned += FrameHeaderBytes + length;
        }

        return _scanned;
    }

    private static void RepairFrame(ReadOnlySequence<byte> payload, byte flags)
    {
        var skip = ((flags & PaddedFlag) != 0 ? 1 : 0) + ((flags & PriorityFlag) != 0 ? 5 : 0);
        if (payload.Length <= skip)
            return;
        var block = payload.Slice(skip);
        if (block.IsSingleSegment)
        {
            AuthorityRepair.Repair(MemoryMarshal.AsMemory(block.First).Span);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent((int)block.Length);
        var whole = rented.AsSpan(0, (int)block.Length);
        block.CopyTo(whole);
        AuthorityRepair.Repair(whole);
        foreach (var segment in block)
        {
            whole[..segment.Length].CopyTo(MemoryMarshal.AsMemory(segment).Span);
            whole = whole[segment.Length..];
        }

        ArrayPool<byte>.Shared.Return(rented);
    }
}
