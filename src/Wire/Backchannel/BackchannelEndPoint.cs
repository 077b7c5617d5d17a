using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>
/// Where the streams meet that storage nodes open towards this process: Kestrel listens on it, node connections feed it. One per host.
/// </summary>
public sealed class BackchannelEndPoint : EndPoint, IBackchannelAcceptor
{
    /// <summary>Streams waiting for Kestrel to take them; one more is reset.</summary>
    public const int MaxWaiting = 1024;

    private readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private long _lastId;

    /// <summary>None. Kestrel asks as soon as anybody listens to its metrics, and stops accepting where the question throws, as it does by default.</summary>
    public override System.Net.Sockets.AddressFamily AddressFamily => System.Net.Sockets.AddressFamily.Unspecified;

    internal ChannelReader<ConnectionContext> Waiting => _waiting.Reader;

    /// <inheritdoc/>
    public void Accept(YamuxStream stream, INodeConnectionFeature node)
    {
        var number = Interlocked.Increment(ref _lastId).ToString(CultureInfo.InvariantCulture);
        var context = new StreamConnectionContext(stream, $"{node.NodeName}:{number}", outer: null)
        {
            LocalEndPoint = this,
            Transport = new RepairedTransport(stream),
        };
        context.Features.Set(node);
        AssumedHttp2.Set(context.Features);
        if (!_waiting.Writer.TryWrite(context))
            stream.Abort();
    }

    /// <summary>The name in Kestrel's list of addresses.</summary>
    public override string ToString() => "backchannel";

    internal void StopListening()
    {
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var context))
            context.Abort();
    }

    private sealed class RepairedTransport(YamuxStream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = new AuthorityRepairingReader(stream.Input);

        public PipeWriter Output => stream.Output;
    }
}
