using System.Net.Sockets;

namespace Praefect.Wire.Grpc;

/// <summary>What failures of the transport mean as gRPC statuses (gRPC over HTTP/2, "Errors").</summary>
public static class GrpcFailures
{
    /// <summary>Reads any exception of a transport as a failed call. A <see cref="GrpcException"/> comes back as it is.</summary>
    public static GrpcException FromTransport(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case GrpcException grpc:
                    return grpc;
                case Exception when IsDroppedHandshake(e):
                    return Broken(GrpcStatusCode.Unavailable, e.Message, exception);
                case HttpProtocolException protocol:
                    return Broken(FromProtocol(protocol), protocol.Message, exception);
                case HttpIOException io when CodeOf(io.HttpRequestError) is { } code:
                    return Broken(code, io.Message, exception);
                case HttpRequestException request when request.InnerException is null && CodeOf(request.HttpRequestError) is { } code:
                    return Broken(code, request.Message, exception);
                case SocketException:
                    return Broken(GrpcStatusCode.Unavailable, e.Message, exception);
            }
        }

        return exception switch
        {
            HttpRequestException request => Broken(CodeOf(request.HttpRequestError) ?? GrpcStatusCode.Unavailable, exception.Message, exception),
            // How the HTTP client says that no connection was made in time.
            OperationCanceledException { InnerException: TimeoutException late } => Broken(GrpcStatusCode.Unavailable, late.Message, exception),
            OperationCanceledException => Broken(GrpcStatusCode.Cancelled, exception.Message, exception),
            // ObjectDisposed: the connection was taken down under the call.
            IOException or ObjectDisposedException => Broken(GrpcStatusCode.Unavailable, exception.Message, exception),
            _ => Broken(GrpcStatusCode.Internal, exception.Message, exception),
        };
    }

    /// <summary>The status for an HTTP/2 stream reset with <paramref name="errorCode"/>.</summary>
    public static GrpcStatusCode FromReset(long errorCode) => errorCode switch
    {
        0x7 => GrpcStatusCode.Unavailable, // REFUSED_STREAM
        0x8 => GrpcStatusCode.Cancelled, // CANCEL
        0xb => GrpcStatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => GrpcStatusCode.PermissionDenied, // INADEQUATE_SECURITY
        <= 0xa => GrpcStatusCode.Internal,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>Whether no connection came to be, so that nothing of the call can have arrived.</summary>
    public static bool NeverConnected(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError })
            {
                return true;
            }

            if (IsDroppedHandshake(e))
                return true;
        }

        return false;
    }

    /// <summary>Whether an exception of a call must be replaced by what <see cref="Translate"/> makes of it.</summary>
    internal static bool NeedsTranslation(Exception e, CallDeadline deadline, CancellationToken caller) => e switch
    {
        // A status of the server stands, whatever happened meanwhile.
        GrpcException { Broken: false } => false,
        OperationCanceledException => !caller.IsCancellationRequested,
        GrpcException => caller.IsCancellationRequested || deadline.Expired,
        _ => true,
    };

    /// <summary>Cancelling tears the stream down, so what surfaces then may be any exception: the tokens know better.</summary>
    internal static Exception Translate(Exception e, CallDeadline deadline, CancellationToken caller)
    {
        if (caller.IsCancellationRequested)
        {
            return new OperationCanceledException("the call was cancelled", e, caller);
        }

        return deadline.Expired
            ? new GrpcException(GrpcStatusCode.DeadlineExceeded, "deadline exceeded", e) { Broken = true }
            : FromTransport(e);
    }

    // A GOAWAY or a lost connection kills the stream as well, but says nothing of the call itself: the message tells the two apart, as no property does.
    private static GrpcStatusCode FromProtocol(HttpProtocolException e) =>
        e.Message.Contains("closed the connection", StringComparison.Ordinal) ? GrpcStatusCode.Unavailable : FromReset(e.ErrorCode);

    // A server that stops may take a connection and drop it before it has said a word. The message alone tells this from an answer that is wrong.
    private static bool IsDroppedHandshake(Exception e) =>
        e is IOException or HttpRequestException && e.Message.Contains("connection could not be established", StringComparison.Ordinal);

    private static GrpcStatusCode? CodeOf(HttpRequestError error) => error switch
    {
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => GrpcStatusCode.Internal,
        HttpRequestError.ConfigurationLimitExceeded => GrpcStatusCode.ResourceExhausted,
        HttpRequestError.Unknown => null,
        _ => GrpcStatusCode.Unavailable,
    };

    private static GrpcException Broken(GrpcStatusCode code, string message, Exception inner) => new(code, message, inner) { Broken = true };
}
