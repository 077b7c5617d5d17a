using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Praefect.Wire.Yamux;

/// <summary>The four frame types of yamux.</summary>
internal enum YamuxFrameType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

/// <summary>The flags of a yamux frame.</summary>
[Flags]
internal enum YamuxFlags : ushort
{
    None = 0,
    Syn = 1,
    Ack = 2,
    Fin = 4,
    Rst = 8,
}

/// <summary>Why a session is going away.</summary>
internal enum YamuxGoAway : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,
}

/// <summary>
/// A frame's header: version (always 0), type, flags (2 bytes), stream id (4), length (4), big endian. The length is the payload's
/// size for data, the delta of a window update, the id of a ping, the reason of a go-away.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct YamuxHeader(YamuxFrameType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 12;

    /// <summary>The credit that each direction of a stream starts with, in bytes.</summary>
    public const uint InitialWindow = 256 * 1024;

    /// <summary>Writes the header; <paramref name="target"/> holds at least <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> target)
    {
        target[0] = 0;
        target[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(target[8..], Length);
    }

    /// <summary>Reads a header of exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="YamuxProtocolException">Another version, or an unknown type.</exception>
    public static YamuxHeader Read(in ReadOnlySequence<byte> source)
    {
        Span<byte> bytes = stackalloc byte[Size];
        source.CopyTo(bytes);
        if (bytes[0] != 0)
            throw new YamuxProtocolException($"invalid protocol version {bytes[0]}");
        if (bytes[1] > (byte)YamuxFrameType.GoAway)
            throw new YamuxProtocolException($"invalid frame type {bytes[1]}");
        return new YamuxHeader(
            (YamuxFrameType)bytes[1],
            (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
    }
}
