using System.Buffers;

namespace Praefect.Wire.Sidechannel;

/// <summary>
/// Finds the frames of a client's half in bytes that come in any pieces. A frame is 4 hexadecimal digits, counting themselves, and
/// that many bytes less 4; <c>0000</c> ends the half.
/// </summary>
internal struct FrameScanner
{
    /// <summary>Bytes of a frame's header.</summary>
    public const int HeaderBytes = 4;

    /// <summary>The largest payload of a frame.</summary>
    public const int MaxPayload = 65516;

    private int _left;

    /// <summary>Whether <c>0000</c> was reached; what follows it is nobody's.</summary>
    public bool Ended { get; private set; }

    /// <summary>
    /// Takes the next run of payload off the front of <paramref name="buffer"/>: all that is there of the current frame. False when
    /// more bytes are needed, or the half has ended.
    /// </summary>
    /// <exception cref="SidechannelException">A header that no frame can have.</exception>
    public bool TryNext(ref ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> payload) => TryNext(ref buffer, int.MaxValue, out payload);

    /// <summary>The same with at most <paramref name="max"/> bytes of payload; none when that is 0.</summary>
    public bool TryNext(ref ReadOnlySequence<byte> buffer, int max, out ReadOnlySequence<byte> payload)
    {
        payload = default;
        while (_left == 0)
        {
            if (Ended || buffer.Length < HeaderBytes)
                return false;
            var length = ReadLength(buffer.Slice(0, HeaderBytes));
            buffer = buffer.Slice(HeaderBytes);
            if (length == 0)
                Ended = true;
            else
                _left = length - HeaderBytes;
        }

        if (buffer.IsEmpty || max == 0)
            return false;
        payload = buffer.Slice(0, Math.Min(Math.Min(_left, max), buffer.Length));
        buffer = buffer.Slice(payload.End);
        _left -= (int)payload.Length;
        return true;
    }

    private static int ReadLength(in ReadOnlySequence<byte> header)
    {
        Span<byte> digits = stackalloc byte[HeaderBytes];
        header.CopyTo(digits);
        var length = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiHexDigit((char)digit))
                throw new SidechannelException("invalid header: not hexadecimal");
            length = (length << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        if (length is > 0 and < HeaderBytes)
            throw new SidechannelException($"invalid header {length}");
        return length;
    }
}
