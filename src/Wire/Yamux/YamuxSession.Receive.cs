using System.Buffers;

namespace Praefect.Wire.Yamux;

/// <content>Receiving: the one reader of the connection, which never waits for anything but the connection.</content>
public sealed partial class YamuxSession
{
    private YamuxStream? _payloadOf;
    private long _payloadLeft;

    private async Task ReceiveAsync()
    {
        // Off the constructor's stack.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (true)
            {
                var result = await _transport.Input.ReadAsync(_stop.Token);
                var rest = Process(result.Buffer);
                var unfinished = !rest.IsEmpty || _payloadLeft > 0;
                _transport.Input.AdvanceTo(rest.Start, rest.End);
                if (!result.IsCompleted && !result.IsCanceled)
                    continue;
                Fail(unfinished ? new YamuxException("connection closed in the middle of a frame") : new YamuxException("connection closed"));
                return;
            }
        }
        catch (YamuxProtocolException e)
        {
            await SayProtocolErrorAsync();
            Fail(e);
        }
        catch (Exception e)
        {
            // Whatever the transport throws, its session is over: the one owner of all reads.
            Fail(e);
        }
    }

    private async Task SayProtocolErrorAsync()
    {
        bool flush;
        lock (_gate)
            flush = Queue(new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, (uint)YamuxGoAway.ProtocolError));
        StartFlush(flush);
        await WaitUntilFlushedAsync();
    }

    /// <summary>Handles all that is complete, payloads also in part, and returns what is left: less than a header.</summary>
    private ReadOnlySequence<byte> Process(ReadOnlySequence<byte> buffer)
    {
        while (true)
        {
            if (_payloadLeft > 0)
            {
                if (buffer.IsEmpty)
                    return buffer;
                var part = buffer.Slice(0, Math.Min(_payloadLeft, buffer.Length));
                _payloadOf?.Receive(part);
                _payloadLeft -= part.Length;
                buffer = buffer.Slice(part.End);
                continue;
            }

            if (buffer.Length < YamuxHeader.Size)
                return buffer;
            var header = YamuxHeader.Read(buffer.Slice(0, YamuxHeader.Size));
            buffer = buffer.Slice(YamuxHeader.Size);
            Handle(header);
        }
    }

    private void Handle(YamuxHeader header)
    {
        if (header is { Type: YamuxFrameType.Data, Length: > 0 })
            _budget.EarnByReceiving(header.Length);
        else if (!_budget.TryCharge(1))
            throw new YamuxProtocolException("too many frames that carry nothing");
        switch (header.Type)
        {
            case YamuxFrameType.Ping:
                HandlePing(header);
                break;
            case YamuxFrameType.GoAway:
                HandleGoAway(header);
                break;
            default:
                HandleStreamFrame(header);
                break;
        }

        if (Volatile.Read(ref _queuedControl) > MaxQueuedControlBytes)
            throw new YamuxProtocolException("too many frames to answer while none of the answers is read");
    }

    private void HandlePing(YamuxHeader header)
    {
        TaskCompletionSource? answered = null;
        var flush = false;
        lock (_gate)
        {
            if (header.Flags.HasFlag(YamuxFlags.Syn))
                flush = Queue(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, header.Length));
            else
                _pings.Remove(header.Length, out answered);
        }

        answered?.TrySetResult();
        StartFlush(flush);
    }

    private void HandleGoAway(YamuxHeader header)
    {
        switch ((YamuxGoAway)header.Length)
        {
            case YamuxGoAway.Normal:
                lock (_gate)
                    _peerGoesAway = true;
                break;
            case YamuxGoAway.ProtocolError:
                throw new YamuxException("the remote end reports a protocol error");
            case YamuxGoAway.InternalError:
                throw new YamuxException("the remote end reports an internal error");
            default:
                throw new YamuxProtocolException($"unexpected go away reason {header.Length}");
        }
    }

    private void HandleStreamFrame(YamuxHeader header)
    {
        if (header.Flags.HasFlag(YamuxFlags.Syn))
            HandleSyn(header.StreamId);

        YamuxStream? stream;
        lock (_gate)
        {
            // Frames for a stream that is gone may have been on their way: they are dropped, with their payload.
            _streams.TryGetValue(header.StreamId, out stream);
            if (header.Type == YamuxFrameType.Data)
            {
                _payloadLeft = header.Length;
                _payloadOf = stream;
                stream?.TakeCredit(header.Length);
            }
            else
            {
                stream?.AddCredit(header.Length);
            }

            if (stream is not null && header.Flags.HasFlag(YamuxFlags.Ack))
                Acknowledge(stream);
        }

        if (stream is null)
            return;
        if (header.Flags.HasFlag(YamuxFlags.Rst))
            Forget(stream, new YamuxStreamResetException());
        else if (header.Flags.HasFlag(YamuxFlags.Fin))
            ReceiveFin(stream, header);
    }

    private static void ReceiveFin(YamuxStream stream, YamuxHeader header)
    {
        if (header.Type == YamuxFrameType.Data && header.Length > 0)
            stream.FinAfterPayload(header.Length);
        else
            stream.ReceiveFin();
    }

    private void HandleSyn(uint id)
    {
        bool flush;
        lock (_gate)
        {
            if (id == 0 || (id % 2 == 1) == _client)
                throw new YamuxProtocolException($"stream id {id} is not the remote end's to open");
            if (_streams.ContainsKey(id))
                throw new YamuxProtocolException($"duplicate stream {id} declared");
            var stream = new YamuxStream(this, id, opened: false);
            if (!_weGoAway && _streams.Count < Options.MaxStreams && _accepts.Writer.TryWrite(stream))
            {
                _streams.Add(id, stream);
                return;
            }

            flush = Queue(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, id, 0));
        }

        StartFlush(flush);
    }
}
