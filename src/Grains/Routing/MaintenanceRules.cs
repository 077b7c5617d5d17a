using System.Collections.Immutable;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Routing;

/// <summary>Where maintenance calls go: they change no content, so generations play no role and nothing is recorded.</summary>
internal static class MaintenanceRules
{
    /// <summary>Every usable, assigned, existing replica.</summary>
    /// <exception cref="RouteException">Not found, or no such replica.</exception>
    public static MaintenanceRoute Route(RoutingView view, RepositoryRecord record)
    {
        RouteChecks.ThrowIfMissing(record);
        var assigned = record.Assigned(view.Configured);
        var storages = assigned.Where(s => view.Usable.Contains(s) && record.GenerationOf(s) >= 0).ToImmutableArray();
        return storages.IsEmpty
            ? throw new RouteException(RouteFailure.NoHealthyNodes, "no healthy nodes")
            : new MaintenanceRoute(record.ReplicaPath, storages);
    }
}
