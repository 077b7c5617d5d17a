using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Framing;

/// <summary>Inflates compressed messages, never beyond a bound: a few kilobytes can stand for gigabytes.</summary>
internal static class GzipMessage
{
    private const int ChunkBytes = 16 * 1024;

    /// <exception cref="GrpcException">Unimplemented: the encoding is not gzip. Internal: not gzip data. ResourceExhausted: inflates beyond <paramref name="maxBytes"/>.</exception>
    public static RentedBuffer Inflate(ReadOnlyMemory<byte> message, string? encoding, int maxBytes, int headroom = 0)
    {
        if (!string.Equals(encoding, "gzip", StringComparison.OrdinalIgnoreCase))
        {
            throw encoding is null or "identity"
                ? new GrpcException(GrpcStatusCode.Internal, "message is compressed but grpc-encoding names no compression")
                : new GrpcException(GrpcStatusCode.Unimplemented, $"grpc-encoding \"{encoding}\" is not supported, use gzip or identity");
        }

        var output = new RentedBuffer(Math.Max(ChunkBytes, message.Length * 2) + headroom);
        output.Advance(headroom);
        try
        {
            InflateInto(output, message, maxBytes, headroom);
            return output;
        }
        catch (InvalidDataException e)
        {
            output.Dispose();
            throw new GrpcException(GrpcStatusCode.Internal, "message is flagged as gzip but is not gzip data", e);
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    private static void InflateInto(RentedBuffer output, ReadOnlyMemory<byte> message, int maxBytes, int headroom)
    {
        var input = MemoryMarshal.TryGetArray(message, out var segment) ? segment : new ArraySegment<byte>(message.ToArray());
        using var gzip = new GZipStream(new MemoryStream(input.Array!, input.Offset, input.Count, writable: false), CompressionMode.Decompress);
        for (int read; ; output.Advance(read))
        {
            output.Reserve(ChunkBytes);
            read = gzip.Read(output.Free.Span);
            if (read == 0)
            {
                return;
            }

            if (output.Length - headroom + read > maxBytes)
            {
                throw new GrpcException(
                    GrpcStatusCode.ResourceExhausted, string.Create(CultureInfo.InvariantCulture, $"message inflates beyond max ({maxBytes} bytes)"));
            }
        }
    }
}
