using System.Net;
using System.Net.Http.Headers;

namespace Praefect.Wire.Grpc;

/// <summary>A request body that the call writes into as it goes: hands out the connection's stream and ends when the call completes its side.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamingContent() => Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);

    /// <summary>The body's stream, once the connection has taken the request.</summary>
    public Task<Stream> StreamAsync => _stream.Task;

    /// <summary>Half-closes the request.</summary>
    public void Complete() => _completed.TrySetResult();

    /// <summary>The request will not be written any more.</summary>
    public void Fail(Exception reason)
    {
        _stream.TrySetException(reason);
        _completed.TrySetException(reason);
        // Either may have no reader left: the failure has been told elsewhere.
        _ = _stream.Task.Exception;
        _ = _completed.Task.Exception;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Headers must leave at once: the server may speak first.
        await stream.FlushAsync(cancellationToken);
        _stream.TrySetResult(stream);
        await _completed.Task.WaitAsync(cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
