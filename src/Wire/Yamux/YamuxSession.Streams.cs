namespace Praefect.Wire.Yamux;

/// <content>The life of a stream: acknowledged, credited, closed by either side, forgotten.</content>
public sealed partial class YamuxSession
{
    /// <summary>Gives back credit for what a stream's reader consumed, once that is half of the window.</summary>
    internal void Consumed(YamuxStream stream, long count)
    {
        bool flush;
        lock (_gate)
        {
            var delta = stream.Consume(count);
            if (delta == 0 || stream.IsOver)
                return;
            flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.None, stream.Id, delta));
        }

        StartFlush(flush);
    }

    /// <summary>Sends FIN after all that is queued.</summary>
    internal void CloseWrite(YamuxStream stream)
    {
        var flush = false;
        var over = false;
        lock (_gate)
        {
            if (stream.LocalClosed || stream.IsOver)
                return;
            stream.LocalClosed = true;
            flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, stream.Id, 0));
            if (stream.RemoteClosed)
                over = Remove(stream);
        }

        StartFlush(flush);
        stream.WakeWriter();
        if (over)
            stream.Released();
    }

    /// <summary>The peer's FIN was reached.</summary>
    internal void RemoteClosed(YamuxStream stream)
    {
        var over = false;
        lock (_gate)
        {
            stream.RemoteClosed = true;
            if (stream.LocalClosed && !stream.IsOver)
                over = Remove(stream);
        }

        if (over)
            stream.Released();
    }

    /// <summary>Sends RST and forgets the stream.</summary>
    internal void Reset(YamuxStream stream, Exception error)
    {
        bool flush;
        lock (_gate)
        {
            if (stream.IsOver || !_streams.ContainsKey(stream.Id))
                return;
            flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, stream.Id, 0));
        }

        StartFlush(flush);
        Forget(stream, error);
    }

    /// <summary>A stream that we opened was not acknowledged in time: its session cannot be trusted.</summary>
    internal void OpenTimedOut(YamuxStream stream)
    {
        lock (_gate)
        {
            if (stream.Acknowledged || stream.IsOver)
                return;
        }

        Fail(new YamuxException($"stream {stream.Id} was not acknowledged within {Options.StreamOpenTimeout}"));
    }

    private void Forget(YamuxStream stream, Exception error)
    {
        lock (_gate)
            Remove(stream);
        stream.End(error);
    }

    private bool Remove(YamuxStream stream)
    {
        // A stream that never was acknowledged gives its place in the backlog back.
        Acknowledge(stream);
        return _streams.Remove(stream.Id);
    }

    private void Acknowledge(YamuxStream stream)
    {
        if (stream.Acknowledged)
            return;
        stream.Acknowledged = true;
        stream.DisarmOpenTimer();
        _unacknowledged.Release();
    }
}
