using System.IO.Pipelines;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// A request whose first message is given and whose rest comes from the client: straight from its pipe into the node's stream, no faster than the
/// node takes it.
/// </summary>
internal sealed class RelayContent(ReadOnlyMemory<byte> firstFrame, PipeReader client) : NodeContent
{
    private readonly CancellationTokenSource _stop = new();
    private int _started;
    private MessageBoundary _sent;

    public override long MessagesSent => 1 + _sent.Messages;

    public override void Stop() => _stop.Cancel();

    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The HTTP client sends a refused request once more by itself. What came from the client's pipe is gone then.
        if (Interlocked.Exchange(ref _started, 1) == 1)
            throw new IOException("the request was sent in part and cannot be sent again");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, cancellationToken);
        await stream.WriteAsync(firstFrame, either.Token);
        while (await RelayOnceAsync(stream, either.Token))
        {
        }
    }

    protected override void Dispose(bool disposing)
    {
        _stop.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<bool> RelayOnceAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (!TryRead(out var result))
        {
            // Nothing at hand: what was written must not wait for what comes next.
            await stream.FlushAsync(cancellationToken);
            result = await ReadAsync(cancellationToken);
        }

        var buffer = result.Buffer;
        try
        {
            foreach (var segment in buffer)
            {
                _sent.Pass(segment.Span);
                await stream.WriteAsync(segment, cancellationToken);
            }
        }
        finally
        {
            AdvanceTo(buffer.End);
        }

        return !result.IsCompleted;
    }

    private bool TryRead(out ReadResult result)
    {
        try
        {
            return client.TryRead(out result);
        }
        catch (Exception)
        {
            ClientGone = true;
            throw;
        }
    }

    private async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await client.ReadAsync(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            ClientGone = true;
            throw;
        }
    }

    // Kestrel tells of a reset here too, when the read before was still served from what had come.
    private void AdvanceTo(SequencePosition consumed)
    {
        try
        {
            client.AdvanceTo(consumed);
        }
        catch (Exception)
        {
            ClientGone = true;
            throw;
        }
    }
}
