using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>Server side of the handshake: tells plain connections from those with a backchannel, serves both, and ends those that flood.</summary>
internal sealed partial class BackchannelMiddleware(
    ConnectionDelegate next, YamuxOptions options, TimeSpan handshakeTimeout, TimeProvider time, ILogger<BackchannelMiddleware> logger)
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
            if (e is OperationCanceledException && !connection.ConnectionClosed.IsCancellationRequested)
                LogSilent(logger, connection.RemoteEndPoint, handshakeTimeout);
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
        connection.Transport = Guard(connection.Transport, connection);
        await next(connection);
    }

    private async Task ServeSessionAsync(ConnectionContext connection)
    {
        await using var session = new YamuxSession(connection.Transport, client: false, options, time);
        await using var abort = connection.ConnectionClosed.UnsafeRegister(
            static state => ((YamuxSession)state!).Abort(new YamuxException("connection closed")), session);
        using var peer = new BackchannelPeer(session);
        var stream = await AcceptFirstAsync(session, connection.RemoteEndPoint);
        if (stream is null)
            return;

        await using var context = new StreamConnectionContext(stream, connection.ConnectionId + ":1", connection.Features)
        {
            LocalEndPoint = connection.LocalEndPoint,
            RemoteEndPoint = connection.RemoteEndPoint,
        };
        context.Transport = Guard(stream, connection);
        AssumedHttp2.Set(context.Features);
        context.Features.Set<IBackchannelFeature>(peer);
        await next(context);
    }

    private GuardedTransport Guard(System.IO.Pipelines.IDuplexPipe transport, ConnectionContext connection) => new(
        transport,
        time,
        () =>
        {
            LogFlood(logger, connection.RemoteEndPoint);
            connection.Abort(new ConnectionAbortedException("too many frames that carry nothing"));
        },
        code => LogEnding(logger, connection.RemoteEndPoint, Reason(code)));

    // RFC 9113, section 7. No error: its age, or the end of the process.
    private static string Reason(uint code) => code switch
    {
        0 => "no error",
        1 => "protocol error",
        2 => "internal error",
        3 => "flow control error",
        4 => "settings timeout",
        5 => "stream closed",
        6 => "frame size error",
        9 => "compression error",
        0xb => "enhance your calm",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"error {code}"),
    };

    private async Task<YamuxStream?> AcceptFirstAsync(YamuxSession session, System.Net.EndPoint? remoteEndPoint)
    {
        using var timeout = new CancellationTokenSource(handshakeTimeout, time);
        try
        {
            return await session.AcceptStreamAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            LogSilent(logger, remoteEndPoint, handshakeTimeout);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "connection ended: {RemoteEndPoint} sent more control frames than its calls and data can explain")]
    private static partial void LogFlood(ILogger logger, System.Net.EndPoint? remoteEndPoint);

    [LoggerMessage(2, LogLevel.Information, "connection ended: {RemoteEndPoint} did not begin to speak within {Timeout}")]
    private static partial void LogSilent(ILogger logger, System.Net.EndPoint? remoteEndPoint, TimeSpan timeout);

    [LoggerMessage(3, LogLevel.Information, "connection ending: {RemoteEndPoint} is told to go away, {Reason}")]
    private static partial void LogEnding(ILogger logger, System.Net.EndPoint? remoteEndPoint, string reason);
}
