using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>Takes the HTTP/2 streams that storage nodes open towards us.</summary>
public interface IBackchannelAcceptor
{
    /// <summary>Serves the stream, or closes it when nobody listens. Takes ownership; does not wait.</summary>
    void Accept(YamuxStream stream, INodeConnectionFeature node);
}

/// <summary>For processes that nodes never call back: every stream is reset.</summary>
public sealed class NoBackchannelAcceptor : IBackchannelAcceptor
{
    /// <summary>The only instance.</summary>
    public static NoBackchannelAcceptor Instance { get; } = new();

    /// <inheritdoc/>
    public void Accept(YamuxStream stream, INodeConnectionFeature node) => stream.Abort();
}
