using Praefect.Gateway.Coordination;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;

namespace Praefect.Gateway.Mutators;

/// <summary>One node of a write: its own first frame and its own stream.</summary>
internal sealed class WriteDestination(string storage, GatewayNode? node, TimeProvider time) : IWriteParticipant
{
    public string Storage { get; } = storage;

    public GatewayNode? Node { get; } = node;

    /// <summary>Gets the answer; null: it is dropped.</summary>
    public required ClientResponse? Client { get; init; }

    /// <summary>The pooled first frame; disposed with the destination, which happens after its call has gone idle.</summary>
    public required IDisposable Frame { get; init; }

    public required NodeContent Content { get; init; }

    public required HttpRequestMessage Request { get; init; }

    public Task<CallEnd> RunAsync(CancellationToken cancellationToken) => Node is null
        ? throw new InvalidOperationException($"storage \"{Storage}\" is not configured")
        : new NodeCall(Node, Node.Connection.Multiplexed, Request, Content, time).RunAsync(Client, flushAtEnd: true, cancellationToken);

    public void Dispose()
    {
        Request.Dispose();
        Content.Dispose();
        Frame.Dispose();
    }
}
