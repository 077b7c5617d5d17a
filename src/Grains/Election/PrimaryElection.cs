using System.Collections.Immutable;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Election;

/// <summary>Who is primary: elected for one repository, when somebody needs it.</summary>
internal static class PrimaryElection
{
    /// <summary>
    /// Storages that could be primary now: up to date, healthy, and assigned; unassigned ones only when no assigned one qualifies.
    /// In the order of the configuration.
    /// </summary>
    public static ImmutableArray<string> Candidates(RepositoryRecord record, ImmutableArray<string> configured, IReadOnlySet<string> healthy)
    {
        var able = configured.Where(s => healthy.Contains(s) && record.IsUpToDate(s)).ToImmutableArray();
        var assigned = record.Assigned(configured);
        var preferred = able.RemoveAll(s => !assigned.Contains(s, StringComparer.Ordinal));
        return preferred.IsEmpty ? able : preferred;
    }

    /// <summary>
    /// The primary to use: the present one while it is a candidate, else a random candidate, else the present one as it is.
    /// Failing over to a replica that is behind would lose acknowledged writes, so that never happens.
    /// </summary>
    /// <param name="record">The repository.</param>
    /// <param name="configured">Storages in the order of the configuration.</param>
    /// <param name="healthy">Those that answer probes.</param>
    /// <param name="random">Picks.</param>
    /// <param name="beside">Where the call's second repository is up to date: candidates among these, if there are any, come before the others. Null: no such call.</param>
    public static string? Elect(
        RepositoryRecord record, ImmutableArray<string> configured, IReadOnlySet<string> healthy, IRandomSource random, ImmutableArray<string>? beside = null)
    {
        var candidates = Candidates(record, configured, healthy);
        if (beside is { } wanted && candidates.Any(c => wanted.Contains(c, StringComparer.Ordinal)))
            candidates = candidates.RemoveAll(c => !wanted.Contains(c, StringComparer.Ordinal));
        if (candidates.IsEmpty || (record.Primary is { } primary && candidates.Contains(primary, StringComparer.Ordinal)))
            return record.Primary;
        return candidates[random.Next(candidates.Length)];
    }
}
