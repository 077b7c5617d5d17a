using Microsoft.AspNetCore.Http;

namespace Praefect.Wire.Grpc;

/// <summary>What a handler knows of the call it answers.</summary>
public sealed class GrpcServerCall
{
    private readonly CallDeadline _deadline;

    internal GrpcServerCall(HttpContext context, CallDeadline deadline, int maxMessageBytes)
    {
        HttpContext = context;
        _deadline = deadline;
        MaxMessageBytes = maxMessageBytes;
    }

    /// <summary>The HTTP/2 request behind the call. Response headers may be set until the first message is written.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>Cancelled when the client is gone or the deadline has passed.</summary>
    public CancellationToken CancellationToken => _deadline.Token;

    /// <summary>Time until the client's deadline, never negative; null: the client set none.</summary>
    public TimeSpan? TimeLeft => _deadline.TimeLeft;

    /// <summary>Custom trailers to send at the end, with success and failure alike.</summary>
    public GrpcMetadata Trailers { get; } = new();

    internal bool DeadlineExpired => _deadline.Expired;

    internal int MaxMessageBytes { get; }

    /// <summary>Something of the response body has been written, so the status must go into trailers.</summary>
    internal bool BodyStarted { get; set; }

    /// <summary>The first value of a request header; null: none.</summary>
    public string? Header(string key)
    {
        var values = HttpContext.Request.Headers[key];
        return values.Count == 0 ? null : values[0];
    }
}
