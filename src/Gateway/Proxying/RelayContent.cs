using System.IO.Pipelines;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// A request whose first message is given and whose rest comes from the client: straight from its pipe into the node's stream, no faster than the
/// node takes it.
/// </summary>
internal sealed class RelayContent(ReadOnlyMemory<byte> firstFrame, PipeReader client) : NodeContent
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _started;
    private volatile bool _stopped;

    public override Task IdleAsync() => Volatile.Read(ref _started) == 1 ? _idle.Task : Task.CompletedTask;

    public override void Stop()
    {
        _stopped = true;
        if (Volatile.Read(ref _started) == 1 && !_idle.Task.IsCompleted)
            client.CancelPendingRead();
    }

    protected override async Task SendAsync(Stream stream, CancellationToken cancellationToken)
    {
        // The HTTP client sends a refused request once more by itself. What came from the client's pipe is gone then.
        if (Interlocked.Exchange(ref _started, 1) == 1)
            throw new IOException("the request was sent in part and cannot be sent again");
        try
        {
            await stream.WriteAsync(firstFrame, cancellationToken);
            while (await RelayOnceAsync(stream, cancellationToken))
            {
            }
        }
        finally
        {
            _idle.TrySetResult();
        }
    }

    private async ValueTask<bool> RelayOnceAsync(Stream stream, CancellationToken cancellationToken)
    {
        if (_stopped)
            throw new OperationCanceledException("the call has ended");
        if (!client.TryRead(out var result))
        {
            // Nothing at hand: what was written must not wait for what comes next.
            await stream.FlushAsync(cancellationToken);
            result = await client.ReadAsync(cancellationToken);
        }

        var buffer = result.Buffer;
        try
        {
            if (result.IsCanceled)
                throw new OperationCanceledException("the call has ended");
            foreach (var segment in buffer)
                await stream.WriteAsync(segment, cancellationToken);
        }
        finally
        {
            client.AdvanceTo(buffer.End);
        }

        return !result.IsCompleted;
    }
}
