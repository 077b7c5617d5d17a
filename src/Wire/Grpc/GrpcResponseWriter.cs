using System.IO.Pipelines;
using Google.Protobuf;
using Praefect.Wire.Framing;

namespace Praefect.Wire.Grpc;

/// <summary>Writes messages straight into the transport's buffers.</summary>
internal sealed class GrpcResponseWriter<T>(GrpcServerCall call) : IGrpcResponseStream<T>
    where T : class, IMessage<T>
{
    /// <inheritdoc/>
    public async Task WriteAsync(T message, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        call.CancellationToken.ThrowIfCancellationRequested();
        Put(message);
        var body = call.HttpContext.Response.BodyWriter;
        if (!ct.CanBeCanceled || ct == call.CancellationToken)
        {
            await body.FlushAsync(call.CancellationToken);
        }
        else
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, call.CancellationToken);
            await body.FlushAsync(both.Token);
        }

        // The transport swallows writes to a client that is gone.
        call.CancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Writes without sending: the end of the response sends head, message and trailers together.</summary>
    public void Put(T message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var response = call.HttpContext.Response;
        if (!call.BodyStarted)
        {
            call.BodyStarted = true;
            response.ContentType = GrpcHeaders.ContentType;
        }

        Write(response.BodyWriter, message);
    }

    private static void Write(PipeWriter body, T message)
    {
        var size = message.CalculateSize();
        var span = body.GetSpan(MessagePrefix.Size + size);
        MessagePrefix.Write(span, size);
        message.WriteTo(span.Slice(MessagePrefix.Size, size));
        body.Advance(MessagePrefix.Size + size);
    }
}
