using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Praefect.StorageNode.Packs;

/// <summary>Cuts a stream of bytes into messages.</summary>
public static class Chunks
{
    /// <summary>Largest piece: 128 KiB.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>Sends everything from <paramref name="reader"/>, a piece at a time: nothing more is read before a piece has been taken.</summary>
    public static async Task SendAsync(PipeReader reader, Func<ByteString, Task> send, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (!rest.IsEmpty)
            {
                var piece = rest.Slice(0, Math.Min(rest.Length, MaxBytes));
                await send(Copy(piece));
                rest = rest.Slice(piece.End);
            }

            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>The bytes of a piece, which may then be given back to its pipe.</summary>
    public static ByteString Copy(ReadOnlySequence<byte> piece) =>
        piece.IsSingleSegment ? ByteString.CopyFrom(piece.FirstSpan) : UnsafeByteOperations.UnsafeWrap(piece.ToArray());
}
