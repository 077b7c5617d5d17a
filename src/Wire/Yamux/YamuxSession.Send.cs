using System.Buffers;

namespace Praefect.Wire.Yamux;

/// <content>Sending: the queue of frames and the writes that empty it.</content>
public sealed partial class YamuxSession
{
    /// <summary>Bytes queued from which on writers of streams wait.</summary>
    internal const int MaxQueuedBytes = 256 * 1024;

    /// <summary>The largest payload of a data frame that we send; larger writes are split so that streams alternate.</summary>
    internal const int MaxFramePayload = 64 * 1024;

    /// <summary>
    /// Bytes of control frames queued behind one write before the session is given up. Window updates are bounded by the windows; only
    /// a peer that floods us with pings or streams, and reads none of our answers, gets here.
    /// </summary>
    internal const int MaxQueuedControlBytes = 1024 * 1024;

    private readonly ITimer _writeTimer;
    private readonly Queue<YamuxStream> _roomWaiters = [];
    private SendBuffer _queued = new();
    private SendBuffer _spare = new();
    private int _queuedControl;
    private bool _flushing;
    private TaskCompletionSource? _flushIdle;
    private Task _flush = Task.CompletedTask;

    /// <summary>
    /// Queues as much of the data as the stream's window and the queue have room for, and takes it off <paramref name="data"/>.
    /// What remains has to wait for the stream's signal.
    /// </summary>
    /// <exception cref="IOException">The stream can send no more.</exception>
    internal void QueueData(YamuxStream stream, ref ReadOnlySequence<byte> data)
    {
        bool flush;
        lock (_gate)
        {
            while (!data.IsEmpty)
            {
                stream.ThrowIfNotWritable();
                var room = MaxQueuedBytes - _queued.Length - YamuxHeader.Size;
                if (room <= 0)
                {
                    _roomWaiters.Enqueue(stream);
                    break;
                }

                var count = (int)Math.Min(Math.Min(data.Length, stream.SendWindow), Math.Min(room, MaxFramePayload));
                if (count == 0)
                    break;
                var frame = _queued.Extend(YamuxHeader.Size + count);
                new YamuxHeader(YamuxFrameType.Data, YamuxFlags.None, stream.Id, (uint)count).Write(frame);
                data.Slice(0, count).CopyTo(frame[YamuxHeader.Size..]);
                data = data.Slice(count);
                stream.SendWindow -= count;
            }

            flush = BeginFlush();
        }

        StartFlush(flush);
    }

    /// <summary>Queues a frame without payload. Called under the lock; the result goes to <see cref="StartFlush"/> outside of it.</summary>
    private bool Queue(YamuxHeader header)
    {
        if (_error is not null)
            return false;
        header.Write(_queued.Extend(YamuxHeader.Size));
        _queuedControl += YamuxHeader.Size;
        return BeginFlush();
    }

    private bool BeginFlush()
    {
        if (_flushing || _queued.Length == 0 || _error is not null)
            return false;
        return _flushing = true;
    }

    private void StartFlush(bool flush)
    {
        if (flush)
            _flush = FlushAsync();
    }

    /// <summary>Writes until nothing is queued. The first batch leaves on the caller's thread, for latency; later ones must not keep it.</summary>
    private async Task FlushAsync()
    {
        for (var first = true; TakeBatch() is { } batch; first = false)
        {
            if (!first)
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            try
            {
                var write = _transport.Output.WriteAsync(batch.Written, _stop.Token);
                var waits = !write.IsCompleted;
                if (waits)
                    _writeTimer.Change(Options.WriteTimeout, Timeout.InfiniteTimeSpan);
                var result = await write;
                if (waits)
                    _writeTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                if (result.IsCompleted)
                    Fail(new YamuxException("connection closed"));
            }
            catch (Exception e)
            {
                // Whatever the transport throws, its session is over: the one owner of all writes.
                Fail(e);
            }

            batch.Clear();
            lock (_gate)
                _spare = batch;
        }
    }

    private SendBuffer? TakeBatch()
    {
        lock (_gate)
        {
            if (_error is not null)
                _queued.Clear();
            if (_queued.Length == 0)
            {
                _flushing = false;
                _flushIdle?.TrySetResult();
                _flushIdle = null;
                return null;
            }

            var batch = _queued;
            _queued = _spare;
            _queuedControl = 0;
            while (_roomWaiters.TryDequeue(out var waiter))
                waiter.WakeWriter();
            return batch;
        }
    }

    private Task FlushIdle()
    {
        lock (_gate)
        {
            if (!_flushing)
                return Task.CompletedTask;
            _flushIdle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _flushIdle.Task;
        }
    }

    private async Task WaitUntilFlushedAsync()
    {
        try
        {
            await FlushIdle().WaitAsync(Options.SessionCloseTimeout, _time);
        }
        catch (TimeoutException)
        {
            // A peer that does not read loses what it would not take.
        }
    }
}
