using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Praefect.Wire.Yamux;

/// <summary>
/// One stream of a session. <see cref="Output"/> completed sends the FIN while <see cref="Input"/> can still be read; a peer on
/// hashicorp/yamux, which knows no half-close, stops reading when it has closed. Disposing closes both directions and does not wait:
/// the peer has <see cref="CloseTimeout"/> to close its side, then the stream is reset.
/// </summary>
public sealed partial class YamuxStream : IDuplexPipe, IAsyncDisposable
{
    private readonly YamuxSession _session;
    private readonly YamuxStreamInput _input;
    private readonly YamuxStreamOutput _output;
    private readonly AsyncSignal _writable = new();
    private readonly CancellationTokenSource _closed = new();
    private YamuxStreamAdapter? _adapter;

    internal YamuxStream(YamuxSession session, uint id, bool opened)
    {
        _session = session;
        Id = id;
        Acknowledged = !opened;
        CloseTimeout = session.Options.StreamCloseTimeout;
        _credit = session.Options.MaxStreamWindowBytes;
        _input = new YamuxStreamInput(this, _received.Reader);
        _output = new YamuxStreamOutput(this);
    }

    /// <summary>The id within the session: odd when the yamux client opened it.</summary>
    public uint Id { get; }

    /// <summary>What the peer sends; completes at its FIN, fails with an <see cref="IOException"/> at a reset or the session's end.</summary>
    public PipeReader Input => _input;

    /// <summary>
    /// What goes to the peer. A flush returns when everything is queued for the connection; on a stream that can send no more it
    /// returns completed and does not throw.
    /// </summary>
    public PipeWriter Output => _output;

    /// <summary>Cancelled when the peer has closed or reset the stream, the session is over, or it was disposed.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>How long a disposed stream waits for the peer's close before it is reset; the session's option unless set.</summary>
    public TimeSpan CloseTimeout { get; set; }

    /// <summary>The stream as a <see cref="Stream"/>: writes go out without being copied in between, disposing disposes the stream.</summary>
    public Stream AsStream() => _adapter ??= new YamuxStreamAdapter(this);

    /// <summary>Sends the data; returns when all of it is queued for the connection.</summary>
    /// <exception cref="IOException">The stream is closed, reset, or its session over.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        WriteAsync(new ReadOnlySequence<byte>(data), cancellationToken);

    /// <inheritdoc cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        while (true)
        {
            _session.QueueData(this, ref data);
            if (data.IsEmpty)
                return;
            await _writable.WaitAsync(cancellationToken);
            if (Interlocked.Exchange(ref _cancelWrite, false))
                throw new FlushCanceledException();
        }
    }

    /// <summary>Resets the stream: both sides fail at once.</summary>
    public void Abort(Exception? reason = null) => _session.Reset(this, reason ?? new YamuxException("stream aborted"));

    /// <summary>Closes both directions. Doing it twice is harmless.</summary>
    public ValueTask DisposeAsync()
    {
        CloseNow();
        return ValueTask.CompletedTask;
    }

    internal void CloseNow()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _session.CloseWrite(this);
        EndInput(error: null);
        FireClosed();
        ArmCloseTimer();
    }
}
