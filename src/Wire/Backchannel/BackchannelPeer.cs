using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>One client's session as its handlers see it.</summary>
internal sealed class BackchannelPeer : IBackchannelFeature, IDisposable
{
    private static long s_lastId;
    private readonly YamuxSession _session;

    public BackchannelPeer(YamuxSession session)
    {
        _session = session;

        // One connection, opened by the first call and kept for the session's life: votes must not wait for a new stream each time.
        var handler = HttpTransport.CreateHandler();
        handler.EnableMultipleHttp2Connections = false;
        handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        handler.ConnectCallback = async (_, cancellationToken) => (await _session.OpenStreamAsync(cancellationToken)).AsStream();
        Invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    public long Id { get; } = Interlocked.Increment(ref s_lastId);

    public HttpMessageInvoker Invoker { get; }

    public ValueTask<YamuxStream> OpenStreamAsync(CancellationToken cancellationToken) => _session.OpenStreamAsync(cancellationToken);

    public void Dispose() => Invoker.Dispose();
}
