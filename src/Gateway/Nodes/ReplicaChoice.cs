using System.Collections.Immutable;

namespace Praefect.Gateway.Nodes;

/// <summary>Picks the replica for a read: of two taken at random, the one with fewer calls in flight. Nodes that could not be reached lately come last.</summary>
internal sealed class ReplicaChoice(RandomChoice random, TimeProvider time)
{
    /// <summary>Room for every replica of a route; a route has one per storage.</summary>
    private const int MaxCandidates = 64;

    /// <param name="nodes">The virtual storage.</param>
    /// <param name="storages">Replicas that may serve.</param>
    /// <param name="except">A node already tried; null: none.</param>
    /// <returns>Null when no other node is left.</returns>
    public GatewayNode? Choose(VirtualStorageNodes nodes, ImmutableArray<string> storages, GatewayNode? except = null)
    {
        var now = time.GetTimestamp();
        return Pick(nodes, storages, except, now) ?? Pick(nodes, storages, except, long.MaxValue);
    }

    private GatewayNode? Pick(VirtualStorageNodes nodes, ImmutableArray<string> storages, GatewayNode? except, long now)
    {
        Span<int> candidates = stackalloc int[MaxCandidates];
        var count = 0;
        for (var i = 0; i < storages.Length && count < MaxCandidates; i++)
        {
            if (nodes.TryGet(storages[i], out var node) && node != except && !node.IsAvoided(now))
                candidates[count++] = i;
        }

        return count switch
        {
            0 => null,
            1 => At(candidates[0]),
            _ => LessBusy(candidates[..count]),
        };

        GatewayNode? At(int index) => nodes.TryGet(storages[index], out var node) ? node : null;

        GatewayNode? LessBusy(Span<int> from)
        {
            var first = random.Below(from.Length);
            var second = (first + 1 + random.Below(from.Length - 1)) % from.Length;
            var (a, b) = (At(from[first]), At(from[second]));
            return a is null || (b is not null && b.Outstanding < a.Outstanding) ? b : a;
        }
    }
}
