using System.Collections.Immutable;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Framing;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Mutators;

/// <summary>What a write knows beside its route.</summary>
/// <param name="AdditionalReplicaPath">Replica path of the additional repository; null: there is none.</param>
/// <param name="PartitioningHint">Replica path to send as hint; null: none.</param>
internal readonly record struct WriteExtras(string? AdditionalReplicaPath = null, string? PartitioningHint = null);

/// <summary>Prepares the requests of a write: the primary's first, then each secondary's.</summary>
internal sealed class WriteDestinations(NodeRequests requests, TimeProvider time)
{
    public ImmutableArray<WriteDestination> Create(ProxyCall call, MutatorRoute route, WriteExtras extras)
    {
        var all = ImmutableArray.CreateBuilder<WriteDestination>(1 + route.Secondaries.Length);
        all.Add(One(call, route, extras, route.Primary, primary: true));
        foreach (var secondary in route.Secondaries)
            all.Add(One(call, route, extras, secondary, primary: false));
        return all.MoveToImmutable();
    }

    private WriteDestination One(ProxyCall call, MutatorRoute route, in WriteExtras extras, string storage, bool primary)
    {
        call.Nodes.TryGet(storage, out var node);
        var rewritten = RequestRewriter.Rewrite(call.Frame, call.Method, storage, route.ReplicaPath, extras.AdditionalReplicaPath);
        ReadOnlyMemory<byte> frame = rewritten.Memory;
        if (call.Method.InputType == ReplicateRepositoryRequest.Descriptor.FullName)
            frame = ReplicationRequest.WithoutPoolMembership(frame);
        NodeContent content = call.Method.ClientStreaming ? new FanOutContent(frame) : new FrameContent(frame);
        var transaction = call.Method.Votes ? TransactionMetadata.Create(route.TransactionId, storage, primary) : null;
        return new WriteDestination(storage, node, time)
        {
            Client = primary ? call.Response : null,
            Frame = rewritten,
            Content = content,
            Request = node is null
                ? new HttpRequestMessage()
                : requests.Create(call, node, content, new NodeExtras(transaction, SidechannelId: null, extras.PartitioningHint, FixFlags: true)),
        };
    }
}
