using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Praefect.Wire.Framing;

namespace Praefect.Wire.Grpc;

/// <summary>A request of exactly one message, serialized straight into a pooled buffer when the connection asks for it.</summary>
internal sealed class UnaryContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_type = new(GrpcHeaders.ContentType);
    private readonly IMessage _message;

    public UnaryContent(IMessage message)
    {
        _message = message;
        Headers.ContentType = s_type;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        await MessageWriting.WriteAsync(stream, _message, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>Writes one message with its prefix to a stream.</summary>
internal static class MessageWriting
{
    public static async ValueTask WriteAsync(Stream stream, IMessage message, CancellationToken ct)
    {
        var size = message.CalculateSize();
        var buffer = ArrayPool<byte>.Shared.Rent(MessagePrefix.Size + size);
        try
        {
            MessagePrefix.Write(buffer, size);
            message.WriteTo(buffer.AsSpan(MessagePrefix.Size, size));
            await stream.WriteAsync(buffer.AsMemory(0, MessagePrefix.Size + size), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
