using System.Collections.Immutable;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Repair;

/// <summary>One copy to make.</summary>
internal readonly record struct RepairStep(string Target, string Source);

/// <summary>What has to be copied from where. Replication is desired state: there is no queue of jobs, only replicas that are behind.</summary>
internal static class RepairPlan
{
    /// <summary>Assigned storages whose replica is missing or behind, healthy or not.</summary>
    public static ImmutableArray<string> Behind(RepositoryRecord record, ImmutableArray<string> configured) =>
        record.Exists() ? [.. record.Assigned(configured).Where(s => !record.IsUpToDate(s))] : [];

    /// <summary>
    /// The copies that can be made now: target and source healthy, source up to date, the primary first. Nothing is tried while a target is down, so that no
    /// try is wasted. Unassigned replicas are left to fall behind, until <see cref="SurplusRules"/> gives them up.
    /// </summary>
    public static ImmutableArray<RepairStep> Make(RepositoryRecord record, RoutingView view)
    {
        var behind = Behind(record, view.Configured);
        if (behind.IsEmpty || Source(record, view) is not { } source)
            return [];
        return [.. behind.Where(view.Healthy.Contains).Select(target => new RepairStep(target, source))];
    }

    private static string? Source(RepositoryRecord record, RoutingView view)
    {
        var able = view.Configured.Where(s => view.Healthy.Contains(s) && record.IsUpToDate(s)).ToImmutableArray();
        return record.Primary is { } primary && able.Contains(primary, StringComparer.Ordinal) ? primary : able.FirstOrDefault();
    }
}
