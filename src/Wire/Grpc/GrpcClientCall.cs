using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace Praefect.Wire.Grpc;

/// <summary>One streaming call. At most one write and one read at a time. Disposing before the end cancels the call.</summary>
public sealed class GrpcClientCall<TRequest, TResponse> : IAsyncDisposable
    where TRequest : class, IMessage
    where TResponse : class, IMessage<TResponse>
{
    private readonly StreamingContent _content;
    private readonly MessageParser<TResponse> _parser;
    private readonly CallDeadline _deadline;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _stop;
    private readonly HttpRequestMessage _request;
    private readonly Task<GrpcResponseMessage> _response;
    private GrpcResponseMessage? _head;

    internal GrpcClientCall(
        HttpMessageInvoker invoker, HttpRequestMessage request, StreamingContent content, MessageParser<TResponse> parser,
        int maxMessageBytes, CallDeadline deadline, CancellationToken caller)
    {
        _request = request;
        _content = content;
        _parser = parser;
        _deadline = deadline;
        _caller = caller;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        content.Caller = _stop.Token;
        _response = SendAsync(invoker, maxMessageBytes);
    }

    /// <summary>Metadata from the response's head; empty before the first read returned.</summary>
    public GrpcMetadata ResponseHeaders => _head?.Headers ?? new GrpcMetadata();

    /// <summary>Metadata after the last message; empty before the end. Where the call fails, see also <see cref="GrpcException.Trailers"/>.</summary>
    public GrpcMetadata Trailers => _head?.Trailers ?? new GrpcMetadata();

    /// <summary>Sends a message.</summary>
    /// <exception cref="GrpcException">The call is over or broken; the next read tells with which status the server ended it.</exception>
    /// <exception cref="OperationCanceledException">A token was cancelled.</exception>
    public async Task WriteAsync(TRequest message, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(message);
        try
        {
            var stream = await _content.StreamAsync.WaitAsync(ct);
            await MessageWriting.WriteAsync(stream, message, ct);
            await stream.FlushAsync(ct);
        }
        catch (Exception e) when (GrpcFailures.NeedsTranslation(e, _deadline, ct.IsCancellationRequested ? ct : _caller))
        {
            throw GrpcFailures.Translate(e, _deadline, ct.IsCancellationRequested ? ct : _caller);
        }
    }

    /// <summary>Sends the only message and half-closes. That the server ended the call before is told, with its status, by the next read.</summary>
    /// <exception cref="OperationCanceledException">A token was cancelled.</exception>
    public async Task SendOnlyAsync(TRequest message, CancellationToken ct)
    {
        try
        {
            await WriteAsync(message, ct);
            await CompleteAsync(ct);
        }
        catch (GrpcException)
        {
            // The read tells why.
        }
    }

    /// <summary>Half-closes: no more messages follow.</summary>
    public Task CompleteAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        _content.Complete();
        return Task.CompletedTask;
    }

    /// <summary>The next message; null: the server ended the call with OK.</summary>
    /// <exception cref="GrpcException">The server ended it with another status, or the call broke.</exception>
    /// <exception cref="OperationCanceledException">A token was cancelled.</exception>
    public async Task<TResponse?> ReadAsync(CancellationToken ct)
    {
        // A stream read that is cancelled loses its bytes, so a token given here ends the whole call, like the caller's.
        using var registration = ct.CanBeCanceled && ct != _caller ? ct.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _stop) : default;
        try
        {
            _head ??= await _response;
            return await _head.ReadAsync(_parser, _stop.Token);
        }
        catch (Exception e) when (GrpcFailures.NeedsTranslation(e, _deadline, ct.IsCancellationRequested ? ct : _caller))
        {
            throw GrpcFailures.Translate(e, _deadline, ct.IsCancellationRequested ? ct : _caller);
        }
    }

    /// <summary>All remaining messages.</summary>
    /// <exception cref="GrpcException">As <see cref="ReadAsync"/>.</exception>
    public async IAsyncEnumerable<TResponse> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        while (await ReadAsync(ct) is { } message)
        {
            yield return message;
        }
    }

    /// <summary>Ends the call, cancelling it if it has not ended, and frees its stream.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _content.Fail(new OperationCanceledException("the call was disposed"));
        try
        {
            (await _response).Dispose();
        }
        catch (Exception e) when (e is GrpcException or OperationCanceledException or HttpRequestException or IOException or ObjectDisposedException)
        {
            // Whoever read the call has been told; nobody else is interested.
        }

        _request.Dispose();
        _stop.Dispose();
        _deadline.Dispose();
    }

    private async Task<GrpcResponseMessage> SendAsync(HttpMessageInvoker invoker, int maxMessageBytes)
    {
        try
        {
            return await GrpcResponseMessage.SendAsync(invoker, _request, maxMessageBytes, _stop.Token);
        }
        catch (Exception e)
        {
            // Writers wait for a stream that will never come.
            _content.Fail(e);
            throw;
        }
    }
}
