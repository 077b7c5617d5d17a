using Praefect.Wire.Grpc;

namespace Praefect.Wire.Framing;

/// <summary>Walks the fields of a serialized protobuf message without decoding them. Positions are absolute in the outermost message.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes, int start, int end)
{
    // As deep as the protobuf libraries go.
    private const int MaxGroupDepth = 100;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly int _end = end;

    public int Position { get; private set; } = start;

    public readonly bool AtEnd => Position >= _end;

    public uint ReadTag()
    {
        var tag = ReadVarint();
        return tag <= uint.MaxValue && tag >> 3 != 0 ? (uint)tag : throw Malformed("bad field tag");
    }

    /// <summary>Reads the length of a length-delimited field; the position is then at its content.</summary>
    public int ReadLength()
    {
        var length = ReadVarint();
        return length <= (ulong)(_end - Position) ? (int)length : throw Malformed("field reaches beyond its message");
    }

    public void Advance(int count) => Position += count;

    public void Skip(uint tag)
    {
        switch (tag & 7)
        {
            case 3:
                SkipGroup(tag);
                return;
            case 4:
                throw Malformed("group ends without a start");
            default:
                SkipPlain(tag);
                return;
        }
    }

    private readonly int Remaining => _end - Position;

    // Iterative with a bounded stack of its own: nesting is the sender's choice.
    private void SkipGroup(uint tag)
    {
        Span<uint> open = stackalloc uint[MaxGroupDepth];
        var depth = 0;
        open[depth++] = tag >> 3;
        while (depth > 0)
        {
            var next = ReadTag();
            switch (next & 7)
            {
                case 3 when depth == MaxGroupDepth:
                    throw Malformed("groups nested too deep");
                case 3:
                    open[depth++] = next >> 3;
                    break;
                case 4 when open[--depth] != next >> 3:
                    throw Malformed("group ends with another's tag");
                case 4:
                    break;
                default:
                    SkipPlain(next);
                    break;
            }
        }
    }

    private void SkipPlain(uint tag)
    {
        switch (tag & 7)
        {
            case 0:
                ReadVarint();
                return;
            case 1:
                SkipBytes(8);
                return;
            case 2:
                var length = ReadLength();
                Position += length;
                return;
            case 5:
                SkipBytes(4);
                return;
            default:
                throw Malformed("unknown wire type");
        }
    }

    private void SkipBytes(int count)
    {
        if (Remaining < count)
        {
            throw Malformed("field is cut off");
        }

        Position += count;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (AtEnd)
            {
                throw Malformed("number is cut off");
            }

            var b = _bytes[Position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed("number is longer than ten bytes");
    }

    private readonly GrpcException Malformed(string what) =>
        new(GrpcStatusCode.Internal, $"request is not a protobuf message: {what} at byte {Position.ToString(System.Globalization.CultureInfo.InvariantCulture)}");
}
