using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Auth;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Nodes;

/// <summary>
/// The ways to one storage node, one object per (virtual storage, storage). Connections are made by the first call and again after a
/// break; while a node cannot be reached, calls fail at once with the last error, and a new attempt is made after a pause of at most
/// a second. Requests go to <see cref="BaseAddress"/>, version 2.0 exactly; TLS is below that, so the scheme is always http.
/// </summary>
public sealed class NodeConnection : IAsyncDisposable
{
    /// <summary>The authority of all requests. Another one works, and gets connections of its own.</summary>
    public static readonly Uri BaseAddress = new("http://node/");

    private readonly NodeConnectionSettings _settings;
    private readonly TimeProvider _time;
    private readonly NodeConnectionContext _context;
    private readonly Lock _gate = new();
    private CancellationTokenSource _givenUp = new();
    private SignedHeader? _signed;
    private int _outstanding;

    /// <summary>Prepares the connections; nothing is dialled yet.</summary>
    public NodeConnection(
        NodeOptions options,
        SidechannelRegistry sidechannels,
        IBackchannelAcceptor acceptor,
        YamuxOptions yamux,
        TimeProvider time,
        ILoggerFactory loggerFactory,
        NodeConnectionSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _time = time;
        _settings = settings ?? new NodeConnectionSettings();
        _context = new NodeConnectionContext(
            options.VirtualStorage, options.Storage, sidechannels, acceptor, yamux, time, loggerFactory.CreateLogger<NodeConnection>());
        Plain = CreatePlain();
        Multiplexed = CreateMultiplexed();
        Channel = new GrpcChannel(Plain, Authorization, time);
        MultiplexedChannel = new GrpcChannel(Multiplexed, Authorization, time);
    }

    /// <summary>Name, address and secret.</summary>
    public NodeOptions Options { get; }

    /// <summary>HTTP/2 directly on the connection: accessors, health, control calls.</summary>
    public HttpMessageInvoker Plain { get; }

    /// <summary>HTTP/2 in a yamux stream, over whose session the node can call back: mutators, and calls with a sidechannel.</summary>
    public HttpMessageInvoker Multiplexed { get; }

    /// <summary>Typed calls over <see cref="Plain"/>, signed with the node's token.</summary>
    public GrpcChannel Channel { get; }

    /// <summary>Typed calls over <see cref="Multiplexed"/>, signed with the node's token.</summary>
    public GrpcChannel MultiplexedChannel { get; }

    /// <summary>Calls in flight, as counted by <see cref="BeginCall"/>.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>The value of the <c>authorization</c> header for a call made now; signed anew each second.</summary>
    public string Authorization()
    {
        var now = _time.GetUtcNow();
        var second = now.ToUnixTimeSeconds();
        var signed = Volatile.Read(ref _signed);
        if (signed is null || signed.Second != second)
        {
            signed = new SignedHeader(second, TokenV2.Create(Options.Token, now));
            Volatile.Write(ref _signed, signed);
        }

        return signed.Value;
    }

    /// <summary>Counts a call as in flight until the result is disposed of, once.</summary>
    public OutstandingCall BeginCall()
    {
        Interlocked.Increment(ref _outstanding);
        return new OutstandingCall(this);
    }

    /// <summary>
    /// Ends the connection behind <see cref="Multiplexed"/>, also one that is being made: its calls fail as when the node had closed it, and the next call connects
    /// anew. For a node that answers nothing any more, which would otherwise be noticed by the next ping.
    /// </summary>
    public async Task DropMultiplexedAsync()
    {
        CancellationTokenSource given;
        lock (_gate)
            (given, _givenUp) = (_givenUp, new CancellationTokenSource());
        await given.CancelAsync();
        given.Dispose();
    }

    /// <summary>Closes all connections; calls in flight fail.</summary>
    public ValueTask DisposeAsync()
    {
        Plain.Dispose();
        Multiplexed.Dispose();
        lock (_gate)
            _givenUp.Dispose();
        return ValueTask.CompletedTask;
    }

    internal void EndCall() => Interlocked.Decrement(ref _outstanding);

    private HttpMessageInvoker CreatePlain()
    {
        var handler = CreateHandler();

        // A node that allows few streams a connection gets a second connection rather than a queue in front of the first.
        handler.EnableMultipleHttp2Connections = true;
        var backoff = new ConnectBackoff(_settings.FirstBackoff, _settings.MaxBackoff, _time);
        handler.ConnectCallback = (_, cancellationToken) => backoff.RunAsync<Stream>(
            async token => ReadAhead(await NodeDialer.DialAsync(Options, _settings, _time, token)), cancellationToken);
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    private HttpMessageInvoker CreateMultiplexed()
    {
        var handler = CreateHandler();

        // One session a node: everything a node knows of us, callbacks included, hangs on one connection. Nodes that take part in
        // transactions do not limit streams.
        handler.EnableMultipleHttp2Connections = false;
        handler.PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan;
        var backoff = new ConnectBackoff(_settings.FirstBackoff, _settings.MaxBackoff, _time);
        handler.ConnectCallback = (_, cancellationToken) => backoff.RunAsync<Stream>(StartSessionAsync, cancellationToken);
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }

    // TLS gives out one record at a time, which is a frame or less: there is nothing ahead.
    private static Stream ReadAhead(Stream stream) => stream is NetworkStream ? new ReadAheadStream(stream) : stream;

    private async ValueTask<Stream> StartSessionAsync(CancellationToken cancellationToken)
    {
        CancellationToken givenUp;
        lock (_gate)
            givenUp = _givenUp.Token;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, givenUp);
        try
        {
            var session = await MultiplexedSession.StartAsync(await NodeDialer.DialAsync(Options, _settings, _time, either.Token), _context, either.Token);
            session.EndOn(givenUp);
            return session;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"dial \"{Options.VirtualStorage}\"/\"{Options.Storage}\": the node answers nothing", e);
        }
    }

    private SocketsHttpHandler CreateHandler()
    {
        var handler = HttpTransport.CreateHandler();
        handler.ConnectTimeout = _settings.ConnectTimeout;
        handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always;
        handler.KeepAlivePingDelay = _settings.KeepAlivePingDelay;
        handler.KeepAlivePingTimeout = _settings.KeepAlivePingTimeout;
        return handler;
    }

    private sealed record SignedHeader(long Second, string Value);
}
