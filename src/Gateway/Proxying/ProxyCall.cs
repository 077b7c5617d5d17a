using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Repositories;
using Praefect.Wire.Contract;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Proxying;

/// <summary>One client's call, as far as routing needs it.</summary>
internal sealed class ProxyCall(HttpContext http, RpcMethod method, FirstFrame frame, VirtualStorageNodes nodes, CallDeadline deadline, string correlationId)
{
    public HttpContext Http { get; } = http;

    public RpcMethod Method { get; } = method;

    /// <summary>The first message, uncompressed. Owned by the pipeline.</summary>
    public FirstFrame Frame { get; } = frame;

    /// <summary>The virtual storage that the request names.</summary>
    public VirtualStorageNodes Nodes { get; } = nodes;

    /// <summary>The target repository; default for calls of storage scope.</summary>
    public RepositoryKey Key { get; init; }

    public CallDeadline Deadline { get; } = deadline;

    public string CorrelationId { get; } = correlationId;

    public ClientResponse Response { get; } = new(http);

    /// <summary>Where it went, once that is known.</summary>
    public CallRoute? Route { get; set; }

    /// <summary>Cancelled when the client is gone or its time is up.</summary>
    public CancellationToken Token => Deadline.Token;

    /// <summary>The body of the request to one node: the given frame, and whatever the client still sends.</summary>
    public NodeContent Content(ReadOnlyMemory<byte> firstFrame) =>
        Method.ClientStreaming ? new RelayContent(firstFrame, Http.Request.BodyReader) : new FrameContent(firstFrame);

    /// <summary>The first value of a metadata key.</summary>
    public string? Header(string key) => Http.Request.Headers.TryGetValue(key, out var values) && values.Count > 0 ? values[0] : null;

    /// <summary>The client wants the primary's answer, or the method does.</summary>
    public bool ForcesPrimary =>
        Method.ForcesPrimary || string.Equals(Header(MetadataKeys.AccessorPolicy), MetadataKeys.PrimaryOnly, StringComparison.Ordinal);
}
