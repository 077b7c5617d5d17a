using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Transactions;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Mutators;

/// <summary>One node of a write: its own first frame, its own stream, and how it ended.</summary>
internal sealed class WriteDestination(string storage, GatewayNode? node, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _cut = new();

    public string Storage { get; } = storage;

    /// <summary>Null when the grain names a storage that is not configured here.</summary>
    public GatewayNode? Node { get; } = node;

    /// <summary>The pooled first frame; disposed with the destination, which happens after its call has gone idle.</summary>
    public required IDisposable Frame { get; init; }

    public required NodeContent Content { get; init; }

    public required HttpRequestMessage Request { get; init; }

    /// <summary>How it ended; null while it runs.</summary>
    public CallEnd? End { get; private set; }

    /// <summary>Cuts the call off; the node sees a reset.</summary>
    public void Cut() => _cut.Cancel();

    public async Task<CallEnd> RunAsync(ClientResponse? client, CancellationToken cancellationToken)
    {
        if (Node is null)
            return End = new CallEnd(GrpcStatusCode.Internal, $"no connection to node \"{Storage}\"", CallBreak.NotSent);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token, cancellationToken);
        return End = await new NodeCall(Node, Node.Connection.Multiplexed, Request, Content, time).RunAsync(client, flushAtEnd: true, either.Token);
    }

    /// <summary>The ending as the grain wants it told.</summary>
    public NodeOutcome Outcome() => End is { } end
        ? new NodeOutcome(Storage, (int)end.Code, end.Message, end.Broken)
        : new NodeOutcome(Storage, (int)GrpcStatusCode.Cancelled, "call was cut off", Broken: true);

    public void Dispose()
    {
        Request.Dispose();
        Content.Dispose();
        Frame.Dispose();
        _cut.Dispose();
    }
}
