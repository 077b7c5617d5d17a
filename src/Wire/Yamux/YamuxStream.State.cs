using System.Buffers;
using System.IO.Pipelines;

namespace Praefect.Wire.Yamux;

/// <content>
/// Windows, buffers and states. What is marked (L) is read and written under the session's lock only.
/// </content>
public sealed partial class YamuxStream
{
    private const int ReceiveSegmentBytes = 4096;
    private const int LargestSegmentBytes = 64 * 1024;

    // No pause threshold: the window bounds what can arrive, and the connection's reader must never wait for one stream.
    private readonly Pipe _received = new(new PipeOptions(
        pauseWriterThreshold: 0, minimumSegmentSize: ReceiveSegmentBytes, useSynchronizationContext: false, writerScheduler: PipeScheduler.Inline));

    private readonly Lock _inputGate = new();
    private ITimer? _openTimer;
    private ITimer? _closeTimer;
    private Exception? _error;
    private long _credit;
    private long _consumed;
    private long _finAfter = -1;
    private bool _inputEnded;
    private bool _readerGone;
    private bool _over;
    private bool _cancelWrite;
    private bool _disposed;

    /// <summary>(L) Bytes that the peer still lets us send.</summary>
    internal long SendWindow { get; set; } = YamuxHeader.InitialWindow;

    /// <summary>(L) Accepted by the peer, or opened by it.</summary>
    internal bool Acknowledged { get; set; }

    /// <summary>(L) Our FIN is queued.</summary>
    internal bool LocalClosed { get; set; }

    /// <summary>(L) The peer's FIN has come.</summary>
    internal bool RemoteClosed { get; set; }

    /// <summary>(L) Gone from the session.</summary>
    internal bool IsOver => _over || _error is not null;

    /// <summary>(L) Throws why nothing can be sent any more.</summary>
    internal void ThrowIfNotWritable()
    {
        if (_error is { } error)
            throw error is YamuxStreamResetException ? new YamuxStreamResetException() : new YamuxException("stream is broken", error);
        if (LocalClosed || _over)
            throw new YamuxException("stream closed");
    }

    /// <summary>(L) The peer announced this many bytes.</summary>
    internal void TakeCredit(uint count)
    {
        if (count > _credit)
            throw new YamuxProtocolException($"receive window of stream {Id} exceeded (remaining {_credit}, received {count})");
        _credit -= count;
    }

    /// <summary>(L) The peer grants more.</summary>
    internal void AddCredit(uint delta)
    {
        SendWindow += delta;
        if (SendWindow > uint.MaxValue)
            throw new YamuxProtocolException($"send window of stream {Id} overflows");
        if (delta > 0)
            WakeWriter();
    }

    /// <summary>(L) Counts what the reader consumed; the credit to return now, 0 for not yet.</summary>
    internal uint Consume(long count)
    {
        _consumed += count;
        if (_consumed < _session.Options.MaxStreamWindowBytes / 2 || RemoteClosed)
            return 0;
        var delta = (uint)_consumed;
        _consumed = 0;
        _credit += delta;
        return delta;
    }

    /// <summary>The reader advanced.</summary>
    internal void OnConsumed(long count)
    {
        if (count > 0)
            _session.Consumed(this, count);
    }

    /// <summary>The reader wants no more: what still comes, at most one window, is dropped.</summary>
    internal void OnReaderCompleted()
    {
        lock (_inputGate)
            _readerGone = true;
    }

    /// <summary>Takes a part of a payload into the buffer. Called by the connection's reader only.</summary>
    internal void Receive(in ReadOnlySequence<byte> part)
    {
        lock (_inputGate)
        {
            if (!_inputEnded && !_readerGone)
                Append(part);
        }

        if (_finAfter < 0 || (_finAfter -= part.Length) > 0)
            return;
        _finAfter = -1;
        ReceiveFin();
    }

    /// <summary>A data frame carries both payload and FIN: the FIN counts after the payload.</summary>
    internal void FinAfterPayload(uint count) => _finAfter = count;

    /// <summary>The peer sends no more.</summary>
    internal void ReceiveFin()
    {
        EndInput(error: null);
        _session.RemoteClosed(this);
        FireClosed();
    }

    /// <summary>Reset, or the session is over.</summary>
    internal void End(Exception error)
    {
        Interlocked.CompareExchange(ref _error, error, null);
        EndInput(error);
        WakeWriter();
        Released();
        FireClosed();
    }

    /// <summary>Both sides have closed and the session has forgotten the stream.</summary>
    internal void Released()
    {
        _over = true;
        DisarmOpenTimer();
        Volatile.Read(ref _closeTimer)?.Dispose();
    }

    internal void WakeWriter() => _writable.Set();

    internal void CancelWrite()
    {
        Volatile.Write(ref _cancelWrite, true);
        WakeWriter();
    }

    internal void CloseWrite() => _session.CloseWrite(this);

    internal void ArmOpenTimer() => _openTimer = _session.Time.CreateTimer(
        static state => ((YamuxStream)state!)._session.OpenTimedOut((YamuxStream)state), this, _session.Options.StreamOpenTimeout, Timeout.InfiniteTimeSpan);

    internal void DisarmOpenTimer() => _openTimer?.Dispose();

    private void ArmCloseTimer()
    {
        if (_over)
            return;
        Volatile.Write(ref _closeTimer, _session.Time.CreateTimer(
            static state => ((YamuxStream)state!).Abort(new YamuxException("stream close timeout")), this, CloseTimeout, Timeout.InfiniteTimeSpan));

        // Released in between: whoever comes second disposes of the timer.
        if (_over)
            _closeTimer.Dispose();
    }

    private void Append(in ReadOnlySequence<byte> part)
    {
        var writer = _received.Writer;
        foreach (var segment in part)
        {
            for (var rest = segment.Span; !rest.IsEmpty;)
            {
                var target = writer.GetSpan(Math.Clamp(rest.Length, 1, LargestSegmentBytes));
                var count = Math.Min(rest.Length, target.Length);
                rest[..count].CopyTo(target);
                writer.Advance(count);
                rest = rest[count..];
            }
        }

        // Without a pause threshold a flush is only the wake-up of the reader and never waits.
        var flush = writer.FlushAsync(CancellationToken.None);
        if (!flush.IsCompleted)
            throw new InvalidOperationException("a pipe without a pause threshold paused");
    }

    private void EndInput(Exception? error)
    {
        lock (_inputGate)
        {
            if (_inputEnded)
                return;
            _inputEnded = true;
            _received.Writer.Complete(error);
        }
    }

    private void FireClosed() => _ = _closed.CancelAsync();
}
