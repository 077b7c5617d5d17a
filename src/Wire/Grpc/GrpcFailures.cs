using System.Net.Sockets;
using Google.Protobuf;

namespace Praefect.Wire.Grpc;

/// <summary>What failures mean as gRPC statuses: the one place that says it.</summary>
public static class GrpcFailures
{
    /// <summary>HTTP/2's REFUSED_STREAM: the peer did nothing with the call.</summary>
    public const long RefusedStream = 0x7;

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

    /// <summary>The status for an HTTP/2 stream reset with <paramref name="errorCode"/> (gRPC over HTTP/2, "Errors"; what that leaves open, as grpc-go has it).</summary>
    public static GrpcStatusCode FromReset(long errorCode) => errorCode switch
    {
        RefusedStream => GrpcStatusCode.Unavailable,
        0x8 => GrpcStatusCode.Cancelled, // CANCEL
        0xb => GrpcStatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => GrpcStatusCode.PermissionDenied, // INADEQUATE_SECURITY
        <= 0xd => GrpcStatusCode.Internal,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>The status for a stream that the peer reset, or that went down with its connection.</summary>
    public static GrpcStatusCode FromProtocol(HttpProtocolException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        // A GOAWAY or a lost connection kills the stream as well, but says nothing of the call itself: the message tells the two apart, as no property does.
        return exception.Message.Contains("closed the connection", StringComparison.Ordinal) ? GrpcStatusCode.Unavailable : FromReset(exception.ErrorCode);
    }

    /// <summary>The status for an HTTP answer that is not gRPC (gRPC's "HTTP to gRPC status code mapping").</summary>
    public static GrpcStatusCode FromHttpStatus(int status) => status switch
    {
        400 => GrpcStatusCode.Internal,
        401 => GrpcStatusCode.Unauthenticated,
        403 => GrpcStatusCode.PermissionDenied,
        404 => GrpcStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => GrpcStatusCode.Unavailable,
        _ => GrpcStatusCode.Unknown,
    };

    /// <summary>The status for what a handler of ours threw, or what reading its request threw.</summary>
    public static GrpcStatus FromHandler(Exception exception) => exception switch
    {
        GrpcException grpc => grpc.Status,
        OperationCanceledException => GrpcStatus.GivenUp,
        InvalidProtocolBufferException => new GrpcStatus(GrpcStatusCode.Internal, "request is not the expected message: " + exception.Message),

        // A length beyond 2 GiB, which the library does not hold against its limit.
        IOException { Source: "Grpc.AspNetCore.Server" } => new GrpcStatus(GrpcStatusCode.ResourceExhausted, exception.Message),
        _ => new GrpcStatus(GrpcStatusCode.Internal, exception.Message),
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
