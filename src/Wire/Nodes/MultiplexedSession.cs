using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Nodes;

/// <summary>
/// One connection with backchannel to a node: HTTP/2 in its first stream, and the streams that the node opens towards us handed to
/// those who wait for them. As a <see cref="Stream"/> it is that first stream; disposing of it ends everything.
/// </summary>
internal sealed partial class MultiplexedSession : DelegatingStream
{
    private static readonly byte[] s_backchannel = BackchannelMagic.Backchannel.ToArray();
    private static readonly byte[] s_sidechannel = BackchannelMagic.Sidechannel.ToArray();
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _connection;
    private readonly YamuxSession _session;
    private readonly NodeConnectionContext _context;
    private readonly Task _accepting;
    private CancellationTokenRegistration _givenUp;
    private int _serving = 1;

    private MultiplexedSession(Stream connection, YamuxSession session, YamuxStream first, NodeConnectionContext context)
        : base(first.AsStream())
    {
        _connection = connection;
        _session = session;
        _context = context;
        _accepting = AcceptAsync();
    }

    /// <summary>Writes the magic on a fresh connection and opens the first stream.</summary>
    public static async Task<MultiplexedSession> StartAsync(Stream connection, NodeConnectionContext context, CancellationToken cancellationToken)
    {
        YamuxSession? session = null;
        try
        {
            await connection.WriteAsync(s_backchannel, cancellationToken);
            session = new YamuxSession(new StreamDuplexPipe(connection), client: true, context.Yamux, context.Time);
            var first = await session.OpenStreamAsync(cancellationToken);
            return new MultiplexedSession(connection, session, first, context);
        }
        catch
        {
            if (session is not null)
                await session.DisposeAsync();
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the session when the token fires. Called once, by whoever started it.</summary>
    public void EndOn(CancellationToken givenUp)
    {
        _givenUp = givenUp.UnsafeRegister(static self => ((MultiplexedSession)self!)._session.Abort(new YamuxException("the node answers nothing")), this);
        // It may have ended before there was anything to take back.
        if (_session.Completion.IsCompleted)
            _givenUp.Unregister();
    }

    public override async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _accepting;
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // The accept loop closes the connection when the session has ended.
        if (disposing)
            _session.Abort(new YamuxException("session closed"));
        base.Dispose(disposing);
    }

    /// <summary>Runs until the session is over, and closes the connection below it.</summary>
    private async Task AcceptAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (await _session.AcceptStreamAsync(CancellationToken.None) is { } stream)
        {
            Interlocked.Increment(ref _serving);
            _ = ServeAsync(stream);
        }

        await _session.Completion;
        await _givenUp.DisposeAsync();
        LogEnded(_context.Logger, _context.VirtualStorage, _context.NodeName, _session.Error?.Message);
        await _connection.DisposeAsync();
        OneServed();
        await _served.Task;
    }

    private async Task ServeAsync(YamuxStream stream)
    {
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await DispatchAsync(stream);
        }
        catch (Exception e)
        {
            // The stream's one owner: whatever failed concerns this stream only.
            stream.Abort();
            LogStreamFailed(_context.Logger, e, _context.VirtualStorage, _context.NodeName);
        }
        finally
        {
            OneServed();
        }
    }

    /// <summary>Counts the accept loop and each stream, so that disposing can wait for the last of them.</summary>
    private void OneServed()
    {
        if (Interlocked.Decrement(ref _serving) == 0)
            _served.TrySetResult();
    }

    private async Task DispatchAsync(YamuxStream stream)
    {
        bool? sidechannel;
        using (var timeout = new CancellationTokenSource(SidechannelRegistry.HandshakeTimeout, _context.Time))
            sidechannel = await BackchannelMagic.TakeAsync(stream.Input, s_sidechannel, timeout.Token);
        if (sidechannel is null)
            await stream.DisposeAsync();
        else if (sidechannel is true)
            await _context.Sidechannels.ServeAsync(stream, CancellationToken.None);
        else
            _context.Acceptor.Accept(stream, _context);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "connection with backchannel to {VirtualStorage}/{Storage} ended: {Reason}")]
    private static partial void LogEnded(ILogger logger, string virtualStorage, string storage, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "stream opened by {VirtualStorage}/{Storage} failed")]
    private static partial void LogStreamFailed(ILogger logger, Exception exception, string virtualStorage, string storage);
}
