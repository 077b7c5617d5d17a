using Microsoft.AspNetCore.Connections;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>Server side of the handshake: tells plain connections from those with a backchannel, and serves both.</summary>
internal sealed class BackchannelMiddleware(ConnectionDelegate next, YamuxOptions options, TimeSpan handshakeTimeout, TimeProvider time)
{
    private static readonly byte[] s_magic = BackchannelMagic.Backchannel.ToArray();

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        bool? multiplexed;
        try
        {
            using var timeout = new CancellationTokenSource(handshakeTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.ConnectionClosed);
            multiplexed = await BackchannelMagic.TakeAsync(connection.Transport.Input, s_magic, either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Silent or gone: nothing was asked, so there is nothing to answer.
            connection.Abort(new ConnectionAbortedException("no handshake"));
            return;
        }

        if (multiplexed is true)
        {
            await ServeSessionAsync(connection);
            return;
        }

        // Fewer than 11 bytes go on as well: Kestrel knows best how to answer a broken preface.
        AssumedHttp2.Set(connection.Features);
        await next(connection);
    }

    private async Task ServeSessionAsync(ConnectionContext connection)
    {
        await using var session = new YamuxSession(connection.Transport, client: false, options, time);
        await using var abort = connection.ConnectionClosed.UnsafeRegister(
            static state => ((YamuxSession)state!).Abort(new YamuxException("connection closed")), session);
        using var peer = new BackchannelPeer(session);
        var stream = await AcceptFirstAsync(session);
        if (stream is null)
            return;

        await using var context = new StreamConnectionContext(stream, connection.ConnectionId + ":1", connection.Features)
        {
            LocalEndPoint = connection.LocalEndPoint,
            RemoteEndPoint = connection.RemoteEndPoint,
        };
        AssumedHttp2.Set(context.Features);
        context.Features.Set<IBackchannelFeature>(peer);
        await next(context);
    }

    private async Task<YamuxStream?> AcceptFirstAsync(YamuxSession session)
    {
        using var timeout = new CancellationTokenSource(handshakeTimeout, time);
        try
        {
            return await session.AcceptStreamAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
