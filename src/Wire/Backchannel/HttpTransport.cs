using System.Diagnostics;
using System.Net;

namespace Praefect.Wire.Backchannel;

/// <summary>The settings that every HTTP/2 client of ours shares: a bare transport that adds nothing of its own to a call.</summary>
internal static class HttpTransport
{
    /// <summary>
    /// Bytes that a node may send on one stream before we have read any. Fixed: the window that <see cref="SocketsHttpHandler"/> grows
    /// by itself reaches 16 MiB a stream, held for every reader that stalls, and measures with pings that Gitaly's keepalive policy
    /// may answer by closing the connection.
    /// </summary>
    private const int StreamWindowBytes = 1024 * 1024;

    /// <summary>A status with details may be large. As in Go's clients.</summary>
    private const int MaxResponseHeaderKilobytes = 16 * 1024;

    static HttpTransport() => AppContext.SetSwitch("System.Net.SocketsHttpHandler.Http2FlowControl.DisableDynamicWindowSizing", true);

    public static SocketsHttpHandler CreateHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        InitialHttp2StreamWindowSize = StreamWindowBytes,
        MaxResponseHeadersLength = MaxResponseHeaderKilobytes,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
    };
}
