using System.Net;

namespace Praefect.Gateway.Proxying;

/// <summary>The body of a request to a node. Stopped and awaited by the call's owner, so that nobody touches the client's pipe after the call.</summary>
internal abstract class NodeContent : HttpContent
{
    /// <summary>Stops sending; whatever is unsent is dropped. Harmless after the end.</summary>
    public virtual void Stop()
    {
    }

    /// <summary>Completes when nothing is being sent any more; completed when sending never began.</summary>
    public virtual Task IdleAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        SendAsync(stream, cancellationToken);

    /// <summary>Unknown on purpose: gRPC requests carry no content-length.</summary>
    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <summary>Writes the body; returning half-closes the stream, throwing resets it.</summary>
    protected abstract Task SendAsync(Stream stream, CancellationToken cancellationToken);
}
