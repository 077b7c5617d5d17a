using Google.Protobuf;
using Praefect.Wire.Framing;

namespace Praefect.Wire.Grpc;

/// <summary>The response half of a call: checks the head, reads messages, ends with the status from the trailers.</summary>
internal sealed class GrpcResponseMessage : IDisposable
{
    private const int ReadBytes = 4 * 1024;

    private readonly HttpResponseMessage _response;
    private readonly int _maxMessageBytes;
    private RentedBuffer? _buffer;
    private Stream? _body;
    private bool _ended;

    private GrpcResponseMessage(HttpResponseMessage response, int maxMessageBytes)
    {
        _response = response;
        _maxMessageBytes = maxMessageBytes;
        Headers = GrpcResponseHead.Metadata(response.Headers);
    }

    public GrpcMetadata Headers { get; }

    public GrpcMetadata Trailers { get; private set; } = new();

    public static async Task<GrpcResponseMessage> SendAsync(HttpMessageInvoker invoker, HttpRequestMessage request, int maxMessageBytes, CancellationToken ct)
    {
        var response = await invoker.SendAsync(request, ct);
        try
        {
            if (GrpcResponseHead.Refusal(response) is { } refusal)
            {
                throw refusal;
            }

            return new GrpcResponseMessage(response, maxMessageBytes);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>The next message; null: the server ended the call with OK.</summary>
    /// <exception cref="GrpcException">The server ended it with another status, or the stream broke off.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken ct)
        where T : class, IMessage<T>
    {
        if (_ended)
        {
            return null;
        }

        _body ??= await _response.Content.ReadAsStreamAsync(ct);
        _buffer ??= new RentedBuffer(ReadBytes);
        if (!await FillAsync(MessagePrefix.Size, ct))
        {
            if (_buffer.Length > 0)
            {
                throw MessagePrefix.Truncated();
            }

            End();
            return null;
        }

        var prefix = MessagePrefix.Read(_buffer.Span, _maxMessageBytes);
        var total = MessagePrefix.Size + prefix.Length;
        if (!await FillAsync(total, ct))
        {
            throw MessagePrefix.Truncated();
        }

        var message = Parse(parser, _buffer.Memory[MessagePrefix.Size..total], prefix.Compressed);
        _buffer.Consume(total);
        return message;
    }

    public void Dispose()
    {
        _ended = true;
        _buffer?.Dispose();
        _response.Dispose();
    }

    private T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes, bool compressed)
        where T : class, IMessage<T>
    {
        try
        {
            if (!compressed)
            {
                return parser.ParseFrom(bytes.Span);
            }

            using var inflated = GzipMessage.Inflate(bytes, GrpcResponseHead.Raw(_response.Headers, GrpcHeaders.Encoding), _maxMessageBytes);
            return parser.ParseFrom(inflated.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"response is not a {typeof(T).Name}: {e.Message}", e) { Broken = true };
        }
    }

    private async ValueTask<bool> FillAsync(int count, CancellationToken ct)
    {
        while (_buffer!.Length < count)
        {
            // Grows with what arrives, not with what the prefix announces.
            _buffer.Reserve(Math.Min(count - _buffer.Length, Math.Max(ReadBytes, _buffer.Length)));
            var read = await _body!.ReadAsync(_buffer.Free, ct);
            if (read == 0)
            {
                return false;
            }

            _buffer.Advance(read);
        }

        return true;
    }

    private void End()
    {
        _ended = true;
        Trailers = GrpcResponseHead.Metadata(_response.TrailingHeaders);
        var status = GrpcResponseHead.Status(_response.TrailingHeaders) ?? GrpcResponseHead.Status(_response.Headers);
        if (status is null)
        {
            throw new GrpcException(GrpcStatusCode.Internal, "server ended the stream without a status") { Broken = true, Trailers = Trailers };
        }

        if (status.Code != GrpcStatusCode.OK)
        {
            // Trailers-only: the one header block is the trailers.
            throw new GrpcException(status) { Trailers = Trailers.Count > 0 ? Trailers : Headers };
        }
    }
}
