using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Framing;

/// <summary>The five bytes before every gRPC message: compressed flag and big-endian length.</summary>
internal readonly record struct MessagePrefix(bool Compressed, int Length)
{
    public const int Size = 5;

    /// <summary>Reads a prefix.</summary>
    /// <exception cref="GrpcException">Internal: the flag is neither 0 nor 1. ResourceExhausted: the length is beyond <paramref name="maxBytes"/>.</exception>
    public static MessagePrefix Read(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        if (bytes[0] > 1)
        {
            throw new GrpcException(GrpcStatusCode.Internal, string.Create(CultureInfo.InvariantCulture, $"message has compressed flag {bytes[0]}, expected 0 or 1"));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        return length <= (uint)maxBytes
            ? new MessagePrefix(bytes[0] == 1, (int)length)
            : throw new GrpcException(
                GrpcStatusCode.ResourceExhausted, string.Create(CultureInfo.InvariantCulture, $"received message larger than max ({length} vs. {maxBytes} bytes)"));
    }

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, int)"/>
    public static MessagePrefix Read(in ReadOnlySequence<byte> bytes, int maxBytes)
    {
        if (bytes.FirstSpan.Length >= Size)
        {
            return Read(bytes.FirstSpan[..Size], maxBytes);
        }

        Span<byte> copy = stackalloc byte[Size];
        bytes.Slice(0, Size).CopyTo(copy);
        return Read(copy, maxBytes);
    }

    /// <summary>Writes an uncompressed prefix.</summary>
    public static void Write(Span<byte> destination, int length)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)length);
    }

    public static GrpcException Truncated() =>
        new(GrpcStatusCode.Internal, "stream ended in the middle of a message") { Broken = true };
}
