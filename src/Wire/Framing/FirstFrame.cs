using System.Buffers;
using System.IO.Pipelines;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Framing;

/// <summary>The first length-prefixed message of a request, in one pooled buffer: all that routing needs to read. What follows it stays unread in the pipe.</summary>
public sealed class FirstFrame : IDisposable
{
    private const int FirstRent = 16 * 1024;

    private readonly int _length;
    private byte[]? _array;

    private FirstFrame(byte[] array, int length, bool compressed)
    {
        _array = array;
        _length = length;
        Compressed = compressed;
    }

    /// <summary>The message is compressed as <c>grpc-encoding</c> says; see <see cref="Inflate"/>.</summary>
    public bool Compressed { get; }

    /// <summary>The message without its prefix. Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Message => WholeFrame[MessagePrefix.Size..];

    /// <summary>Prefix and message as they came. Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> WholeFrame => (_array ?? throw new ObjectDisposedException(nameof(FirstFrame))).AsMemory(0, _length);

    /// <summary>Cuts the first message out of a request body, however it is split or joined on the way.</summary>
    /// <returns>The frame; null: the client half-closed without a message.</returns>
    /// <exception cref="GrpcException">ResourceExhausted: the announced length is beyond <paramref name="maxBytes"/> (told from the prefix alone).
    /// Internal: the stream ended inside the message, or the prefix is not one. Cancelled: the client reset the stream.</exception>
    public static async ValueTask<FirstFrame?> ReadAsync(PipeReader body, int maxBytes, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        try
        {
            while (true)
            {
                var result = await body.ReadAsync(ct);
                if (result.Buffer.Length >= MessagePrefix.Size)
                {
                    return await CutAsync(body, result, maxBytes, ct);
                }

                body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                ThrowIfCancelled(result);
                if (result.IsCompleted)
                {
                    return result.Buffer.IsEmpty ? null : throw MessagePrefix.Truncated();
                }
            }
        }
        catch (IOException e)
        {
            throw new GrpcException(GrpcStatusCode.Cancelled, "client reset the stream before its first message", e) { Broken = true };
        }
    }

    /// <summary>An uncompressed frame of a message that is at hand.</summary>
    public static FirstFrame FromMessage(ReadOnlySpan<byte> message)
    {
        var length = MessagePrefix.Size + message.Length;
        var array = ArrayPool<byte>.Shared.Rent(length);
        MessagePrefix.Write(array, message.Length);
        message.CopyTo(array.AsSpan(MessagePrefix.Size));
        return new FirstFrame(array, length, compressed: false);
    }

    /// <summary>The same message uncompressed; this frame itself where it is not compressed. Both must be disposed then.</summary>
    /// <exception cref="GrpcException">Unimplemented: <paramref name="encoding"/> is not gzip. Internal: not gzip data. ResourceExhausted: inflates beyond <paramref name="maxBytes"/>.</exception>
    public FirstFrame Inflate(string? encoding, int maxBytes)
    {
        if (!Compressed)
        {
            return this;
        }

        using var inflated = GzipMessage.Inflate(Message, encoding, maxBytes, headroom: MessagePrefix.Size);
        var length = inflated.Length;
        MessagePrefix.Write(inflated.Span, length - MessagePrefix.Size);
        return new FirstFrame(inflated.Detach(), length, compressed: false);
    }

    /// <summary>Returns the buffer to the pool.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    private static ValueTask<FirstFrame> CutAsync(PipeReader body, in ReadResult result, int maxBytes, CancellationToken ct)
    {
        var prefix = MessagePrefix.Read(result.Buffer, maxBytes);
        var total = MessagePrefix.Size + prefix.Length;
        if (result.Buffer.Length < total)
        {
            return GatherAsync(body, result, prefix, ct);
        }

        var array = ArrayPool<byte>.Shared.Rent(total);
        result.Buffer.Slice(0, total).CopyTo(array);
        body.AdvanceTo(result.Buffer.GetPosition(total));
        return ValueTask.FromResult(new FirstFrame(array, total, prefix.Compressed));
    }

    // Takes bytes out of the pipe as they come: left there they would hold the stream's flow-control window, and a message larger than it would never arrive.
    private static async ValueTask<FirstFrame> GatherAsync(PipeReader body, ReadResult result, MessagePrefix prefix, CancellationToken ct)
    {
        var total = MessagePrefix.Size + prefix.Length;
        using var gathered = new RentedBuffer(Math.Min(total, FirstRent));
        while (true)
        {
            var take = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, total - gathered.Length));
            foreach (var segment in take)
            {
                gathered.Append(segment.Span);
            }

            body.AdvanceTo(take.End);
            if (gathered.Length == total)
            {
                return new FirstFrame(gathered.Detach(), total, prefix.Compressed);
            }

            ThrowIfCancelled(result);
            if (result.IsCompleted)
            {
                throw MessagePrefix.Truncated();
            }

            result = await body.ReadAsync(ct);
        }
    }

    private static void ThrowIfCancelled(in ReadResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("reading the request was cancelled");
        }
    }
}
