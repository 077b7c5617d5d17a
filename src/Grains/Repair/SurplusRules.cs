using System.Collections.Immutable;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Repair;

/// <summary>Replicas on storages that are not to host the repository.</summary>
internal static class SurplusRules
{
    /// <summary>Configured storages with a replica, although others are assigned. Replicas on storages that are not configured are out of reach and left alone.</summary>
    public static ImmutableArray<string> Surplus(RepositoryRecord record, ImmutableArray<string> configured)
    {
        if (!record.Exists() || record.Assignments is not { } explicitly || !explicitly.Any(s => configured.Contains(s, StringComparer.Ordinal)))
            return [];
        return [.. configured.Where(s => record.GenerationOf(s) >= 0 && !explicitly.Contains(s, StringComparer.Ordinal))];
    }

    /// <summary>
    /// The one replica to give up next: the furthest behind, of a storage that is healthy, not the primary and not at work. None while any assigned storage is
    /// missing the repository, behind or down, while a write is open, or while a replica has more than the repository: each of these may make a surplus replica
    /// the last good one.
    /// </summary>
    /// <param name="record">The repository.</param>
    /// <param name="view">Its virtual storage.</param>
    /// <param name="busy">Whether the storage is the source or target of a copy.</param>
    public static string? Next(RepositoryRecord record, RoutingView view, Func<string, bool> busy)
    {
        if (!record.OpenWrites.IsEmpty || record.Replicas.Any(r => r.Generation > record.Generation))
            return null;
        if (!record.Assigned(view.Configured).All(s => record.IsUpToDate(s) && view.Healthy.Contains(s)))
            return null;
        return Surplus(record, view.Configured)
            .Where(s => view.Healthy.Contains(s) && !string.Equals(s, record.Primary, StringComparison.Ordinal) && !busy(s))
            .OrderBy(record.GenerationOf)
            .FirstOrDefault();
    }

    /// <summary>Nobody may use the replica any more; what is on the disk is remembered until it is removed.</summary>
    public static RepositoryRecord Dismiss(RepositoryRecord record, string storage) => record with
    {
        Replicas = record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal)),
        Leftovers = record.Leftovers.Add(storage),
    };

    /// <summary>Nothing is left on the storage's disk, or what is left is wanted again.</summary>
    public static RepositoryRecord WithoutLeftover(RepositoryRecord record, string storage) =>
        record with { Leftovers = record.Leftovers.RemoveAll(s => string.Equals(s, storage, StringComparison.Ordinal)) };
}
