using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Passes an HTTP/2 connection's bytes on as they are and charges a <see cref="FrameBudget"/> for each frame among them, resets to one of their own. Only frame
/// headers (RFC 9113, section 4.1) are looked at, each once.
/// </summary>
internal sealed class FrameCountingReader(PipeReader inner, FrameBudget budget, FrameBudget resets, Action exhausted) : PipeReader
{
    private const int PrefaceBytes = 24;
    private const int FrameHeaderBytes = 9;
    private const byte DataFrame = 0;
    private const byte HeadersFrame = 1;
    private const byte ResetFrame = 3;
    private const byte SettingsFrame = 4;

    /// <summary>One setting takes 6 bytes; each is work.</summary>
    private const int SettingBytes = 6;

    private readonly byte[] _header = new byte[FrameHeaderBytes];
    private ReadOnlySequence<byte> _shown;

    /// <summary>Bytes of the next header that have come; its first part may have been consumed already.</summary>
    private int _headerBytes;

    /// <summary>From the start of what is unread to the next byte of a header that was not looked at; may lie beyond what has come.</summary>
    private long _scanned = PrefaceBytes;
    private bool _exhausted;
    private bool _peerGone;

    /// <summary>The peer ended the connection, or it broke. May be read beside everything else.</summary>
    public bool PeerGone => Volatile.Read(ref _peerGone);

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfExhausted();
        ReadResult result;
        try
        {
            result = await inner.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            Volatile.Write(ref _peerGone, true);
            throw;
        }

        Look(result);
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfExhausted();
        if (!inner.TryRead(out result))
            return false;
        Look(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _scanned -= _shown.Slice(0, consumed).Length;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private void Look(in ReadResult result)
    {
        if (result.IsCompleted)
            Volatile.Write(ref _peerGone, true);
        Count(result.Buffer);
    }

    private void Count(in ReadOnlySequence<byte> buffer)
    {
        _shown = buffer;
        while (_scanned < buffer.Length)
        {
            var part = (int)Math.Min(FrameHeaderBytes - _headerBytes, buffer.Length - _scanned);
            buffer.Slice(_scanned, part).CopyTo(_header.AsSpan(_headerBytes));
            _headerBytes += part;
            _scanned += part;
            if (_headerBytes < FrameHeaderBytes)
                return;
            var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(_header) >> 8);
            _headerBytes = 0;
            _scanned += length;
            if (Charge(_header[3], length))
                continue;

            // The rest is still shown once: Kestrel takes it, comes back for more, and is told then.
            _exhausted = true;
            exhausted();
            return;
        }
    }

    private bool Charge(byte type, int length)
    {
        switch (type)
        {
            case DataFrame when length > 0:
                budget.EarnByReceiving(length);
                return true;
            case HeadersFrame:
                return budget.TryCharge(-FrameBudget.PerCall);
            case ResetFrame:
                return resets.TryCharge(1);
            case SettingsFrame:
                return budget.TryCharge(1 + length / SettingBytes);
            default:
                return budget.TryCharge(1);
        }
    }

    private void ThrowIfExhausted()
    {
        if (_exhausted)
            throw new IOException("the peer sent too many frames that carry nothing");
    }
}
