using System.Net;

namespace Praefect.Gateway.Proxying;

/// <summary>
/// The body of a request to a node. Stopped and awaited by the call's owner, so that nobody touches the client's pipe or a pooled frame after the call.
/// </summary>
internal abstract class NodeContent : HttpContent
{
    private Task? _sending;

    /// <summary>
    /// Sending broke off because the client did, which the HTTP client reports as a broken request, and which may show before the call's token fires.
    /// </summary>
    public bool ClientGone { get; protected set; }

    /// <summary>Cancelled when the call is cut off from here, so that this is told from what the node or the network does.</summary>
    public CancellationToken Call { get; set; }

    /// <summary>Messages that were begun to be sent.</summary>
    public virtual long MessagesSent => 1;

    /// <summary>Stops sending; whatever is unsent is dropped. Harmless after the end.</summary>
    public abstract void Stop();

    /// <summary>Completes when nothing is being sent any more; at once when sending never began. Never throws.</summary>
    public async ValueTask IdleAsync()
    {
        if (_sending is { IsCompletedSuccessfully: false } sending)
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var sending = _sending = SendAsync(stream, cancellationToken);
        return sending.IsCompletedSuccessfully ? sending : GuardAsync(sending, cancellationToken);
    }

    /// <summary>Unknown on purpose: gRPC requests carry no content-length.</summary>
    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private async Task GuardAsync(Task sending, CancellationToken givenUp)
    {
        try
        {
            await sending;
        }
        catch (OperationCanceledException) when (givenUp.IsCancellationRequested && !Call.IsCancellationRequested)
        {
            // The stream was reset or its connection lost. The HTTP client knows which and tells it, unless something is thrown here. It sends no end of this body:
            // the stream is gone. Of one that is cut off from here that cannot be said.
        }
    }

    /// <summary>Writes the body; returning half-closes the stream, throwing resets it.</summary>
    protected abstract Task SendAsync(Stream stream, CancellationToken cancellationToken);
}
