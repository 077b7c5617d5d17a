using System.Buffers;
using Praefect.Gateway.Proxying;

namespace Praefect.Gateway.Mutators;

/// <summary>The body of one destination of a write that comes as a stream: opened by the HTTP client, then written to by the fan-out.</summary>
internal sealed class FanOutContent(ReadOnlyMemory<byte> firstFrame) : NodeContent
{
    private readonly TaskCompletionSource<Stream?> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private int _started;
    private MessageBoundary _sent;

    public override long MessagesSent => 1 + _sent.Messages;

    /// <summary>The destination takes no more: it ended, broke, or was never reached.</summary>
    public bool Closed => _stop.IsCancellationRequested;

    /// <summary>Writes a piece of the client's stream; dropped when the destination takes no more. Waits while the destination is slow.</summary>
    public async Task WriteAsync(ReadOnlySequence<byte> bytes, bool flush)
    {
        try
        {
            if (await _opened.Task is not { } stream || Closed)
                return;
            foreach (var segment in bytes)
            {
                _sent.Pass(segment.Span);
                await stream.WriteAsync(segment, _stop.Token);
            }

            if (flush)
                await stream.FlushAsync(_stop.Token);
        }
        catch (Exception)
        {
            // How the destination fared is told by its call; for the others the stream goes on.
            Stop();
        }
    }

    /// <summary>Half-closes the stream: the client has sent everything.</summary>
    public void Complete() => _ended.TrySetResult(true);

    /// <summary>Cuts the stream off, as the client did, or as the call's end does.</summary>
    public void BreakOff(bool clientGone)
    {
        ClientGone |= clientGone;
        Stop();
    }

    public override void Stop()
    {
        _stop.Cancel();
        _opened.TrySetResult(null);
        _ended.TrySetResult(false);
    }

    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _started, 1) == 1)
            throw new IOException("the request was sent in part and cannot be sent again");
        await using var cut = cancellationToken.UnsafeRegister(static self => ((FanOutContent)self!).Stop(), this);
        await stream.WriteAsync(firstFrame, _stop.Token);
        await stream.FlushAsync(_stop.Token);
        _opened.TrySetResult(stream);
        if (!await _ended.Task)
            throw new OperationCanceledException("the call has ended");
    }

    protected override void Dispose(bool disposing)
    {
        _stop.Dispose();
        base.Dispose(disposing);
    }
}
