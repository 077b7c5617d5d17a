using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Praefect.Wire.Framing;

namespace Praefect.Wire.Grpc;

/// <summary>Reads messages from a request body: small ones parsed where the transport put them, larger ones gathered in a pooled buffer.</summary>
internal sealed class GrpcRequestReader<T>(PipeReader body, MessageParser<T> parser, string? encoding, int maxMessageBytes)
    where T : class, IMessage<T>
{
    // A message that waits in the pipe holds the stream's flow-control window; beyond this it is taken out.
    private const int GatherBytes = 32 * 1024;

    /// <summary>The next message; null: the client has half-closed.</summary>
    /// <exception cref="GrpcException">Truncated, oversize, or not the expected message.</exception>
    public async ValueTask<T?> ReadAsync(CancellationToken ct)
    {
        while (true)
        {
            var result = await body.ReadAsync(ct);
            var buffer = result.Buffer;
            if (buffer.Length >= MessagePrefix.Size)
            {
                var prefix = MessagePrefix.Read(buffer, maxMessageBytes);
                var total = MessagePrefix.Size + prefix.Length;
                if (buffer.Length >= total)
                {
                    var message = Parse(buffer.Slice(MessagePrefix.Size, prefix.Length), prefix.Compressed);
                    body.AdvanceTo(buffer.GetPosition(total));
                    return message;
                }

                if (total > GatherBytes && !result.IsCompleted)
                {
                    body.AdvanceTo(buffer.GetPosition(MessagePrefix.Size));
                    return await GatherAsync(prefix, ct);
                }
            }

            var ended = result.IsCompleted;
            var empty = buffer.IsEmpty;
            body.AdvanceTo(buffer.Start, buffer.End);
            if (ended)
            {
                return empty ? null : throw MessagePrefix.Truncated();
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("reading the request was cancelled");
            }
        }
    }

    private async ValueTask<T> GatherAsync(MessagePrefix prefix, CancellationToken ct)
    {
        using var gathered = new RentedBuffer(Math.Min(prefix.Length, 2 * GatherBytes));
        while (gathered.Length < prefix.Length)
        {
            var result = await body.ReadAsync(ct);
            var take = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, prefix.Length - gathered.Length));
            foreach (var segment in take)
            {
                gathered.Append(segment.Span);
            }

            body.AdvanceTo(take.End);
            if (gathered.Length < prefix.Length && result.IsCompleted)
            {
                throw MessagePrefix.Truncated();
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("reading the request was cancelled");
            }
        }

        return Parse(new ReadOnlySequence<byte>(gathered.Memory), prefix.Compressed);
    }

    private T Parse(in ReadOnlySequence<byte> bytes, bool compressed)
    {
        try
        {
            if (!compressed)
            {
                return bytes.IsSingleSegment ? parser.ParseFrom(bytes.FirstSpan) : parser.ParseFrom(bytes);
            }

            using var inflated = GzipMessage.Inflate(bytes.IsSingleSegment ? bytes.First : bytes.ToArray(), encoding, maxMessageBytes);
            return parser.ParseFrom(inflated.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"request is not a {typeof(T).Name}: {e.Message}", e);
        }
    }
}
