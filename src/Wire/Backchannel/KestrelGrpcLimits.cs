using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Praefect.Wire.Backchannel;

/// <summary>Kestrel's limits for a server that speaks Gitaly's protocol, where the defaults are made for web sites.</summary>
public static class KestrelGrpcLimits
{
    /// <summary>
    /// Bytes of all header fields of a request, as in Go's servers. They cost twice as much while the call lasts, and come in before the token is seen:
    /// <see cref="Auth.HeadersOfStrangers"/>.
    /// </summary>
    public const int HeaderBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Bytes of one field. Kestrel allocates what the length of a field says before its bytes have come, and keeps three such pieces for as long as the
    /// connection lives: with Go's 16 MiB, a hundred bytes a connection make it allocate 16 MiB, and one field sent in full leaves 36 MiB behind.
    /// </summary>
    public const int HeaderFieldBytes = 1024 * 1024;

    /// <summary>Fields of a request; Gitaly's clients send one for each feature flag.</summary>
    public const int HeaderFields = 2000;

    /// <summary>Bytes that a client may send on one stream before the handler reads.</summary>
    public const int StreamWindowBytes = 512 * 1024;

    /// <summary>The same for a whole connection: 128 stalled uploads and a healthy call still gets through.</summary>
    public const int ConnectionWindowBytes = 64 * 1024 * 1024;

    /// <summary>
    /// Calls at once on one connection. Go's servers have no limit and its clients share one connection; each open stream holds some kilobytes, and this
    /// is what a client that opens streams for ever gets.
    /// </summary>
    public const int StreamsPerConnection = 4096;

    /// <summary>Sets them all.</summary>
    public static void Apply(KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.AddServerHeader = false;
        options.AllowAlternateSchemes = true;
        var limits = options.Limits;
        limits.MaxRequestHeaderCount = HeaderFields;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestBodySize = null;

        // Must not be less; it is what HTTP/1 would buffer.
        limits.MaxRequestBufferSize = HeaderBytes;

        // Streams of Git data may be silent for minutes, in both directions.
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;

        // Floods of empty header frames end with this.
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.Http2.MaxRequestHeaderFieldSize = HeaderFieldBytes;
        limits.Http2.HeaderTableSize = 4096;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromMinutes(5);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);

        // Not infinite: Kestrel adds the time to its clock, which then overflows, and it closes every connection that is idle for a second.
        limits.KeepAliveTimeout = TimeSpan.FromDays(365);
    }
}
