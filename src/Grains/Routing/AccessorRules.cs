using System.Collections.Immutable;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Routing;

/// <summary>Where reads may go.</summary>
internal static class AccessorRules
{
    /// <summary>Any replica that is healthy and up to date; whether it is assigned plays no role.</summary>
    /// <param name="view">The virtual storage.</param>
    /// <param name="record">The repository.</param>
    /// <param name="mayServe">Whether a replica is not behind a write that is agreed but not recorded yet.</param>
    /// <exception cref="RouteException">Not found, no healthy nodes, or no suitable node.</exception>
    public static AccessorRoute Any(RoutingView view, RepositoryRecord record, Func<string, bool> mayServe)
    {
        view.ThrowIfNothingUsable();
        RouteChecks.ThrowIfMissing(record);
        var candidates = view.Configured.Where(s => view.Usable.Contains(s) && record.IsUpToDate(s) && mayServe(s)).ToImmutableArray();
        return candidates.IsEmpty ? throw RouteChecks.NoSuitableNode() : new AccessorRoute(record.ReplicaPath, candidates);
    }

    /// <summary>The primary and nothing else. Unlike Praefect's, it must be up to date: a replica that misses an acknowledged write serves no reads.</summary>
    /// <param name="view">The virtual storage.</param>
    /// <param name="record">The repository.</param>
    /// <param name="mayServe">Whether a replica is not behind a write that is agreed but not recorded yet.</param>
    /// <exception cref="RouteException">Not found, no primary, or the primary cannot serve.</exception>
    public static AccessorRoute Primary(RoutingView view, RepositoryRecord record, Func<string, bool> mayServe)
    {
        view.ThrowIfNothingUsable();
        RouteChecks.ThrowIfMissing(record);
        var primary = RouteChecks.UsablePrimary(view, record);
        return record.IsUpToDate(primary) && mayServe(primary) ? new AccessorRoute(record.ReplicaPath, [primary]) : throw RouteChecks.NoSuitableNode();
    }
}
