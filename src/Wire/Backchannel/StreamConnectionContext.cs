using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Backchannel;

/// <summary>A yamux stream as the connection that Kestrel serves.</summary>
internal sealed class StreamConnectionContext : ConnectionContext, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IConnectionLifetimeFeature
{
    private readonly YamuxStream _stream;

    /// <param name="stream">The stream.</param>
    /// <param name="id">The connection's name in logs.</param>
    /// <param name="outer">The features of the connection that carries the session: what is not overridden here is found there.</param>
    public StreamConnectionContext(YamuxStream stream, string id, IFeatureCollection? outer)
    {
        _stream = stream;
        ConnectionId = id;
        Transport = stream;
        Items = new ConnectionItems();
        ConnectionClosed = stream.Closed;
        Features = outer is null ? new FeatureCollection() : new FeatureCollection(outer);
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items { get; set; }

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => _stream.Abort(abortReason);

    public override void Abort() => _stream.Abort();

    public override async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await base.DisposeAsync();
    }
}
