using System.IO.Pipelines;
using System.Threading.Channels;
using Praefect.Wire.Backchannel;

namespace Praefect.Wire.Yamux;

/// <summary>
/// One yamux session (the framing of hashicorp/yamux) over a connection: many streams, each with its own flow control, opened by
/// either side. Data for a stream is taken from the connection at once and kept in that stream's buffer, never more than the window
/// granted for it, so that a reader who stalls holds up nobody else; a peer that sends more has broken the protocol.
/// Frames to send are gathered in one buffer and written by whoever finds no write under way, so that frames queued during a write
/// leave together with the next one.
/// </summary>
/// <remarks>
/// All state of session and streams is guarded by one lock, held for copies into memory only, never over I/O.
/// The session completes the transport's two pipes when it ends; the connection below is closed by its owner after <see cref="Completion"/>.
/// </remarks>
public sealed partial class YamuxSession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IDuplexPipe _transport;
    private readonly bool _client;
    private readonly TimeProvider _time;
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly Channel<YamuxStream> _accepts;
    private readonly SemaphoreSlim _unacknowledged;
    private readonly Dictionary<uint, TaskCompletionSource> _pings = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private readonly FrameBudget _budget;
    private Task _finishing = Task.CompletedTask;
    private uint _nextId;
    private uint _nextPing;
    private bool _peerGoesAway;
    private bool _weGoAway;
    private Exception? _error;

    /// <summary>Starts a session on a connection that is ready for its first frame.</summary>
    /// <param name="transport">The connection. The session is its only user from here on.</param>
    /// <param name="client">Whether we are the yamux client, whose streams have odd ids.</param>
    /// <param name="options">Limits and timeouts.</param>
    /// <param name="time">The clock of the timeouts.</param>
    public YamuxSession(IDuplexPipe transport, bool client, YamuxOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } errors)
            throw new ArgumentException(string.Join("; ", errors), nameof(options));
        _transport = transport;
        _client = client;
        _time = time;
        _nextId = client ? 1u : 2u;
        Options = options;
        _budget = new FrameBudget(time);
        _accepts = Channel.CreateBounded<YamuxStream>(new BoundedChannelOptions(options.AcceptBacklog) { FullMode = BoundedChannelFullMode.Wait });
        _unacknowledged = new SemaphoreSlim(options.AcceptBacklog, options.AcceptBacklog);
        _writeTimer = time.CreateTimer(
            static state => ((YamuxSession)state!).Fail(new YamuxException("connection write timeout")), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _receiving = ReceiveAsync();
    }

    /// <summary>Completes, always successfully, when the session is over and its transport released; <see cref="Error"/> says why.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Why the session ended; null while it lives.</summary>
    public Exception? Error => Volatile.Read(ref _error);

    /// <summary>Streams alive, those waiting for the peer's close included.</summary>
    public int StreamCount
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    internal YamuxOptions Options { get; }

    internal TimeProvider Time => _time;

    /// <summary>
    /// Opens a stream. It can be used at once; the acknowledgement comes when the peer accepts. Waits while as many streams as the
    /// backlog allows are unacknowledged.
    /// </summary>
    /// <exception cref="YamuxException">The session is over, the peer goes away, or all ids are used up.</exception>
    public async ValueTask<YamuxStream> OpenStreamAsync(CancellationToken cancellationToken)
    {
        await WaitForBacklogAsync(cancellationToken);
        YamuxStream stream;
        bool flush;
        lock (_gate)
        {
            if (OpenRefusal() is { } refusal)
            {
                _unacknowledged.Release();
                throw refusal;
            }

            stream = new YamuxStream(this, _nextId, opened: true);
            _nextId += 2;
            _streams.Add(stream.Id, stream);
            stream.ArmOpenTimer();
            flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, stream.Id, GrantAtStart));
        }

        StartFlush(flush);
        return stream;
    }

    /// <summary>The next stream that the peer opened; null when the session is over.</summary>
    public async ValueTask<YamuxStream?> AcceptStreamAsync(CancellationToken cancellationToken)
    {
        while (await _accepts.Reader.WaitToReadAsync(cancellationToken))
        {
            if (!_accepts.Reader.TryRead(out var stream))
                continue;
            bool flush;
            lock (_gate)
            {
                // Reset, or gone with the session, while it waited: the next one, then.
                if (stream.IsOver)
                    continue;
                flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, stream.Id, GrantAtStart));
            }

            StartFlush(flush);
            return stream;
        }

        return null;
    }

    /// <summary>Sends a ping and waits for its answer.</summary>
    /// <returns>The round trip's time.</returns>
    /// <exception cref="YamuxException">The session is over.</exception>
    public async Task<TimeSpan> PingAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = _time.GetTimestamp();
        uint id;
        bool flush;
        lock (_gate)
        {
            if (_error is not null)
                throw Broken(_error);
            id = _nextPing++;
            _pings.Add(id, answer);
            flush = Queue(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, id));
        }

        StartFlush(flush);
        try
        {
            await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
                _pings.Remove(id);
        }

        return _time.GetElapsedTime(start);
    }

    /// <summary>Tells the peer to open no more streams; those alive go on. Streams that it opens all the same are reset.</summary>
    public void GoAway()
    {
        bool flush;
        lock (_gate)
        {
            if (_weGoAway || _error is not null)
                return;
            _weGoAway = true;
            flush = Queue(new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, (uint)YamuxGoAway.Normal));
        }

        StartFlush(flush);
    }

    /// <summary>Ends the session: what is queued is sent if that takes no longer than the close timeout, then every stream fails. Doing it twice is harmless.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Error is null)
        {
            GoAway();
            await WaitUntilFlushedAsync();
        }

        Fail(new YamuxException("session closed"));
        await Completion;
    }

    /// <summary>Ends the session at once with an error.</summary>
    public void Abort(Exception? reason = null) => Fail(reason ?? new YamuxException("session aborted"));

    private uint GrantAtStart => Options.MaxStreamWindowBytes - YamuxHeader.InitialWindow;

    internal static YamuxException Broken(Exception error) => new(error is YamuxException ? "session is over" : "connection lost", error);

    private async ValueTask WaitForBacklogAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            await _unacknowledged.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (Error is { } error && !cancellationToken.IsCancellationRequested)
        {
            throw Broken(error);
        }
    }

    private YamuxException? OpenRefusal()
    {
        if (_error is not null)
            return Broken(_error);
        if (_peerGoesAway)
            return new YamuxException("remote end is not accepting streams");
        return _nextId > uint.MaxValue - 2 ? new YamuxException("streams exhausted") : null;
    }

    /// <summary>The one way a session ends; the first error wins.</summary>
    private void Fail(Exception error)
    {
        List<YamuxStream> streams;
        List<TaskCompletionSource> pings;
        lock (_gate)
        {
            if (_error is not null)
                return;
            Volatile.Write(ref _error, error);
            streams = [.. _streams.Values];
            pings = [.. _pings.Values];
            _streams.Clear();
            _pings.Clear();
            _roomWaiters.Clear();
            _finishing = FinishAsync();
        }

        _accepts.Writer.TryComplete();
        var broken = Broken(error);
        foreach (var stream in streams)
            stream.End(broken);
        foreach (var ping in pings)
            ping.TrySetException(broken);
    }

    private async Task FinishAsync()
    {
        // Off the failing call's stack, which may hold the lock or be the very read or write to be cancelled.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stop.CancelAsync();
        await _receiving;
        await FlushIdle();
        await _writeTimer.DisposeAsync();
        await CompleteQuietlyAsync(_transport.Input.CompleteAsync());
        await CompleteQuietlyAsync(_transport.Output.CompleteAsync());
        _completion.TrySetResult();
    }

    private static async ValueTask CompleteQuietlyAsync(ValueTask completion)
    {
        try
        {
            await completion;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // A connection that is gone already is what ending wants.
        }
    }
}
