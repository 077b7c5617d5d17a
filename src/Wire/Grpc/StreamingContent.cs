using System.Net;
using System.Net.Http.Headers;

namespace Praefect.Wire.Grpc;

/// <summary>A request body that the call writes into as it goes: hands out the connection's stream and ends when the call completes its side.</summary>
internal sealed class StreamingContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamingContent() => Headers.ContentType = new MediaTypeHeaderValue(GrpcHeaders.ContentType);

    /// <summary>Cancelled by whoever makes the call, so that this is told from what the server or the network does.</summary>
    public CancellationToken Caller { get; set; }

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
        try
        {
            // Headers must leave at once: the server may speak first.
            await stream.FlushAsync(cancellationToken);
            _stream.TrySetResult(stream);
            await _completed.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!Caller.IsCancellationRequested)
        {
            // The stream was reset or its connection lost. The HTTP client knows which and tells it, unless something is thrown here. It sends no end of this body:
            // the stream is gone. Of one that the caller cancels that cannot be said.
        }
        finally
        {
            // A server that was quicker than the first flush: whoever waits for the stream would wait for ever.
            if (!_stream.Task.IsCompleted)
                Fail(new IOException("the call ended before its first message was sent"));
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
