using System.Collections.Immutable;
using System.Collections.Frozen;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Routing;

/// <summary>A virtual storage for one routing decision.</summary>
/// <param name="Configured">Its storages, in the order of the configuration.</param>
/// <param name="Healthy">Those that answer probes.</param>
/// <param name="Usable">Those of them that the calling gateway can reach by its own evidence.</param>
/// <param name="DefaultReplicationFactor">For creations.</param>
internal sealed record RoutingView(
    ImmutableArray<string> Configured,
    IReadOnlySet<string> Healthy,
    IReadOnlySet<string> Usable,
    int DefaultReplicationFactor)
{
    /// <summary>Reads a snapshot, leaving out what the gateway avoids.</summary>
    /// <exception cref="RouteException">No such virtual storage.</exception>
    public static RoutingView From(VirtualStorageView? view, ImmutableArray<string> avoid)
    {
        if (view is null)
            throw new RouteException(RouteFailure.VirtualStorageNotFound, "virtual storage does not exist");
        var healthy = view.Nodes.Where(n => n.Healthy).Select(n => n.Storage).ToFrozenSet(StringComparer.Ordinal);
        var usable = avoid.IsDefaultOrEmpty ? healthy : healthy.Except(avoid, StringComparer.Ordinal).ToFrozenSet(StringComparer.Ordinal);
        return new RoutingView([.. view.Nodes.Select(n => n.Storage)], healthy, usable, view.DefaultReplicationFactor);
    }

    /// <summary>Fails when there is no storage to route to at all.</summary>
    /// <exception cref="RouteException">No healthy nodes.</exception>
    public void ThrowIfNothingUsable()
    {
        if (Usable.Count == 0)
            throw new RouteException(RouteFailure.NoHealthyNodes, "no healthy nodes");
    }
}
