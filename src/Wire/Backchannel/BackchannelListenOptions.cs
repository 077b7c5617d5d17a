using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>Makes a port of Kestrel understand connections with a backchannel beside plain HTTP/2.</summary>
public static class BackchannelListenOptions
{
    /// <summary>How long a client may take to send its first 11 bytes, unless told otherwise.</summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Peeks at the first 11 bytes of each connection (after TLS, when <c>UseHttps</c> was called before): <c>backchannel</c> starts a
    /// yamux session whose first stream is served as HTTP/2 and whose handlers find an <see cref="IBackchannelFeature"/>; anything
    /// else is plain HTTP/2, TLS without ALPN included. A connection that floods with control frames is ended.
    /// </summary>
    /// <param name="listen">The port.</param>
    /// <param name="options">Limits of the sessions; <see cref="YamuxOptions.Accepting"/> is what Gitaly uses in this role.</param>
    /// <param name="handshakeTimeout">Bound of the wait for 11 bytes and for the first stream; <see cref="HandshakeTimeout"/> when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public static ListenOptions UseBackchannel(
        this ListenOptions listen, YamuxOptions options, TimeSpan? handshakeTimeout = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        listen.Protocols = HttpProtocols.Http2;

        // Behind TLS clients name either scheme, depending on where their TLS ends.
        listen.KestrelServerOptions.AllowAlternateSchemes = true;
        var logger = listen.ApplicationServices.GetRequiredService<ILogger<BackchannelMiddleware>>();
        listen.Use(next => new BackchannelMiddleware(
            next, options, handshakeTimeout ?? HandshakeTimeout, time ?? TimeProvider.System, logger).OnConnectionAsync);
        return listen;
    }
}
