using System.Buffers;
using System.IO.Pipelines;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Sidechannel;

/// <summary>
/// What travels on a sidechannel. Client to server: frames with a length of 4 hexadecimal digits that counts itself, <c>0000</c> for the
/// end of the client's data, since yamux knows no half-close. Server to client: raw bytes until the stream closes.
/// </summary>
public static class SidechannelFraming
{
    /// <summary>The largest payload of a frame, in bytes.</summary>
    public const int MaxPayload = FrameScanner.MaxPayload;

    private const int PieceBytes = 64 * 1024;

    private static readonly byte[] s_end = "0000"u8.ToArray();

    /// <summary>Client: sends the data as frames; nothing for no data.</summary>
    public static async ValueTask WriteAsync(YamuxStream stream, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            var part = data.Slice(0, Math.Min(data.Length, MaxPayload));
            data = data.Slice(part.End);
            Frame(stream.Output, part);
            await FlushAsync(stream.Output, cancellationToken);
        }
    }

    /// <inheritdoc cref="WriteAsync(YamuxStream, ReadOnlySequence{byte}, CancellationToken)"/>
    public static ValueTask WriteAsync(YamuxStream stream, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        WriteAsync(stream, new ReadOnlySequence<byte>(data), cancellationToken);

    /// <summary>Client: sends the end of its data. The stream stays open for what the server sends.</summary>
    public static ValueTask WriteEndAsync(YamuxStream stream, CancellationToken cancellationToken) =>
        stream.WriteAsync(s_end, cancellationToken);

    /// <summary>Client: sends all of <paramref name="source"/> as frames, then the end.</summary>
    public static async Task SendAsync(PipeReader source, YamuxStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await source.ReadAsync(cancellationToken);
            await WriteAsync(stream, result.Buffer, cancellationToken);
            source.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                break;
        }

        await WriteEndAsync(stream, cancellationToken);
    }

    /// <summary>Server: takes the client's frames apart into <paramref name="destination"/> until their end. What follows is ignored.</summary>
    /// <exception cref="SidechannelException">A header of 1, 2 or 3.</exception>
    /// <exception cref="EndOfStreamException">The stream closed without <c>0000</c>.</exception>
    public static Task ReceiveAsync(YamuxStream stream, PipeWriter destination, CancellationToken cancellationToken) =>
        ScanAsync(stream.Input, new RawTarget(destination), cancellationToken);

    /// <summary>Server: the client's data as a <see cref="Stream"/> that ends at <c>0000</c>. Does not own the sidechannel.</summary>
    public static Stream ReadStream(YamuxStream stream) => new SidechannelReadStream(stream.Input);

    /// <summary>Client: a <see cref="Stream"/> whose writes leave as frames, and whose disposal sends the end. Does not own the sidechannel.</summary>
    public static Stream WriteStream(YamuxStream stream) => new SidechannelWriteStream(stream);

    /// <summary>Proxy: the client's frames, taken apart and framed again, their end included.</summary>
    public static async Task CopyClientToServerAsync(YamuxStream client, YamuxStream server, CancellationToken cancellationToken)
    {
        await ScanAsync(client.Input, new FramedTarget(server.Output), cancellationToken);
        await WriteEndAsync(server, cancellationToken);
    }

    /// <summary>Raw bytes until the source closes: the server's half.</summary>
    public static async Task CopyServerToClientAsync(PipeReader source, YamuxStream destination, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await source.ReadAsync(cancellationToken);

            // In pieces, so that the source gets credit again while the rest of what it sent is still on its way.
            var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, PieceBytes));
            await destination.WriteAsync(part, cancellationToken);
            var last = result.IsCompleted && part.Length == result.Buffer.Length;
            source.AdvanceTo(part.End);
            if (last)
                return;
        }
    }

    internal static void Frame(PipeWriter output, in ReadOnlySequence<byte> payload)
    {
        var total = (int)payload.Length + FrameScanner.HeaderBytes;
        var span = output.GetSpan(total);
        for (var i = 0; i < FrameScanner.HeaderBytes; i++)
            span[i] = "0123456789abcdef"u8[(total >> (12 - 4 * i)) & 15];
        payload.CopyTo(span[FrameScanner.HeaderBytes..]);
        output.Advance(total);
    }

    internal static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken);
        if (result.IsCompleted)
            throw new SidechannelException("the other side closed the stream");
    }

    private static async Task ScanAsync<TTarget>(PipeReader input, TTarget target, CancellationToken cancellationToken)
        where TTarget : struct, IFrameTarget
    {
        var scanner = default(FrameScanner);
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var rest = result.Buffer;
            var gathered = 0L;
            while (gathered < PieceBytes && scanner.TryNext(ref rest, out var payload))
            {
                target.Write(payload);
                gathered += payload.Length;
            }

            if (gathered > 0)
                await target.FlushAsync(cancellationToken);

            // Stopped for its size, not for want of bytes: the rest is not examined, and the next read returns it at once.
            var more = gathered >= PieceBytes && !rest.IsEmpty;
            input.AdvanceTo(rest.Start, more ? rest.Start : rest.End);
            if (scanner.Ended)
                return;
            if (result.IsCompleted && !more)
                throw new EndOfStreamException("sidechannel: unexpected EOF");
        }
    }

    private interface IFrameTarget
    {
        void Write(in ReadOnlySequence<byte> payload);

        ValueTask FlushAsync(CancellationToken cancellationToken);
    }

    private readonly struct RawTarget(PipeWriter output) : IFrameTarget
    {
        public void Write(in ReadOnlySequence<byte> payload)
        {
            foreach (var segment in payload)
                output.Write(segment.Span);
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => SidechannelFraming.FlushAsync(output, cancellationToken);
    }

    private readonly struct FramedTarget(PipeWriter output) : IFrameTarget
    {
        public void Write(in ReadOnlySequence<byte> payload)
        {
            // A frame from elsewhere may be longer than ours, up to 65531 bytes of payload.
            for (var rest = payload; !rest.IsEmpty;)
            {
                var part = rest.Slice(0, Math.Min(rest.Length, MaxPayload));
                Frame(output, part);
                rest = rest.Slice(part.End);
            }
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => SidechannelFraming.FlushAsync(output, cancellationToken);
    }
}
