using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// The way back to a client that came with a backchannel: <c>HttpContext.Features.Get&lt;IBackchannelFeature&gt;()</c>, null for plain
/// connections. Usable for as long as the client's connection lives; calls fail after that.
/// </summary>
public interface IBackchannelFeature
{
    /// <summary>Number of the connection, from 1, unique in this process. Never sent anywhere.</summary>
    long Id { get; }

    /// <summary>HTTP/2 towards the client, over a yamux stream that the first call opens. Request URIs: <c>http://backchannel/…</c>.</summary>
    HttpMessageInvoker Invoker { get; }

    /// <summary>Opens a raw stream towards the client.</summary>
    /// <exception cref="YamuxException">The connection is gone.</exception>
    ValueTask<YamuxStream> OpenStreamAsync(CancellationToken cancellationToken);
}
