using System.Collections.Immutable;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Routing;

/// <summary>Where a write on an existing repository goes.</summary>
internal static class MutatorRules
{
    /// <summary>
    /// Splits the assigned storages: the primary, the secondaries that take part (usable and up to date), and the targets, which are repaired afterwards.
    /// A call that does not vote goes to the primary alone, all others are targets.
    /// </summary>
    /// <param name="view">The virtual storage.</param>
    /// <param name="record">The repository.</param>
    /// <param name="transactionId">Of the route.</param>
    /// <param name="votes">The call votes.</param>
    /// <param name="beside">
    /// Where the call's second repository is up to date; null: it has none. Elsewhere the call could only fail, and by its missing vote fail the write on the
    /// nodes that can do it. The primary is called in any case: when no node has the second repository, its words say so.
    /// </param>
    /// <exception cref="RouteException">Not found, no healthy nodes, no usable primary, or read-only.</exception>
    public static MutatorRoute Route(RoutingView view, RepositoryRecord record, ulong transactionId, bool votes, ImmutableArray<string>? beside = null)
    {
        view.ThrowIfNothingUsable();
        RouteChecks.ThrowIfMissing(record);
        var primary = RouteChecks.UsablePrimary(view, record);
        if (!record.IsUpToDate(primary))
            throw new RouteException(RouteFailure.ReadOnly, "repository is in read-only mode");
        var assigned = record.Assigned(view.Configured);
        if (!assigned.Contains(primary, StringComparer.Ordinal))
            throw RouteChecks.PrimaryNotAssigned();
        var others = assigned.RemoveAll(s => string.Equals(s, primary, StringComparison.Ordinal));
        var secondaries = others.RemoveAll(s => !votes || !view.Usable.Contains(s) || !record.IsUpToDate(s) || beside?.Contains(s, StringComparer.Ordinal) == false);
        return new MutatorRoute(transactionId, record.ReplicaPath, primary, secondaries, others.RemoveRange(secondaries, StringComparer.Ordinal), Creates: false);
    }
}
