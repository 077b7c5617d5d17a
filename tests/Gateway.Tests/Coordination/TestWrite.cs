using System.Collections.Concurrent;
using System.Collections.Immutable;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Tests.Coordination;

/// <summary>A write whose calls end as the test says; one that it says nothing of succeeds.</summary>
internal sealed class TestWrite(VirtualStorageNodes nodes) : IWriteCarrier
{
    public static readonly CallEnd Success = new(GrpcStatusCode.OK, string.Empty, CallBreak.None);
    public static readonly CallEnd ConnectionLost = new(GrpcStatusCode.Unavailable, "connection lost", CallBreak.BeforeAnswer) { ConnectionLost = true };

    public Dictionary<string, Func<CancellationToken, Task<CallEnd>>> Calls { get; } = new(StringComparer.Ordinal);

    public Exception? Unprepared { get; init; }

    /// <summary>What a push touches; default: it is none.</summary>
    public ImmutableArray<string> Pushes { get; init; } = [];

    /// <summary>Whether the nodes got what a push sends.</summary>
    public bool Sent { get; private set; }

    public ConcurrentQueue<string> Disposed { get; } = [];

    /// <summary>A call that ends only when it is cut off.</summary>
    public static async Task<CallEnd> UntilCutAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new CallEnd(GrpcStatusCode.Cancelled, "call was cut off", CallBreak.BeforeAnswer) { CutOff = true };
    }

    public static Func<CancellationToken, Task<CallEnd>> Fails(string message) => _ => Task.FromResult(new CallEnd(GrpcStatusCode.Internal, message, CallBreak.None));

    public ImmutableArray<IWriteParticipant> Prepare(MutatorRoute route) => Unprepared is null
        ? [.. route.Secondaries.Insert(0, route.Primary).Select(s => new Participant(this, s, nodes.TryGet(s, out var node) ? node : null))]
        : throw Unprepared;

    public async Task SendRestAsync(Func<ImmutableArray<string>, CancellationToken, Task> admit, CancellationToken cancellationToken)
    {
        if (Pushes.IsEmpty)
            return;
        try
        {
            await admit(Pushes, cancellationToken);
            Sent = true;
        }
        catch (OperationCanceledException)
        {
            // As the fan-out does: the nodes get nothing.
        }
    }

    private sealed class Participant(TestWrite write, string storage, GatewayNode? node) : IWriteParticipant
    {
        public string Storage { get; } = storage;

        public GatewayNode? Node { get; } = node;

        public Task<CallEnd> RunAsync(CancellationToken cancellationToken) =>
            write.Calls.TryGetValue(Storage, out var call) ? call(cancellationToken) : Task.FromResult(Success);

        public void Dispose() => write.Disposed.Enqueue(Storage);
    }
}
