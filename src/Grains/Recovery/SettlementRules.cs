using System.Collections.Immutable;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Recovery;

/// <summary>
/// Settles writes whose outcome nobody knows, by comparing the replicas.
/// <para>
/// Why no acknowledged write can be lost here: a write is acknowledged only after its outcome is durable, and that outcome lifted exactly the replicas that took
/// it to the repository's generation. Replicas that are at that generation when doubt is settled therefore all hold every acknowledged write; they differ only
/// in writes that nobody was told have succeeded. Whichever of them carries on, nothing acknowledged goes missing. An unacknowledged write may survive or not,
/// and its caller was told neither.
/// </para>
/// <para>
/// Why no replica that misses what carries on can serve or lead afterwards: only those that reported the winning checksum rise to the new generation; whoever
/// differs, does not answer or has no repository stays at the old one and is repaired.
/// </para>
/// </summary>
internal static class SettlementRules
{
    /// <summary>Storages that may carry the repository on: those at its generation, in the order of the configuration, unconfigured ones last.</summary>
    public static ImmutableArray<string> Candidates(RepositoryRecord record, ImmutableArray<string> configured)
    {
        var upToDate = record.Replicas.Where(r => r.Generation == record.Generation).Select(r => r.Storage).ToImmutableArray();
        return [.. configured.Where(s => upToDate.Contains(s, StringComparer.Ordinal)), .. upToDate.Where(s => !configured.Contains(s, StringComparer.Ordinal))];
    }

    /// <summary>Decides which replicas carry on.</summary>
    /// <param name="record">The repository as recorded.</param>
    /// <param name="configured">The storages, in the order of the configuration.</param>
    /// <param name="reports">What each candidate said; who is not in it did not answer.</param>
    /// <param name="committed">Storages known to have been told to commit, for ties.</param>
    /// <param name="settled">Transactions whose doubt ends with this.</param>
    /// <param name="failed">Primaries that failed where others did not: their word counts no more than that of others, and another one leads where there is one.</param>
    /// <returns>The new record; null when no candidate reported a checksum, or the primary may still do so.</returns>
    public static RepositoryRecord? Settle(
        RepositoryRecord record,
        ImmutableArray<string> configured,
        IReadOnlyDictionary<string, ReplicaReport> reports,
        IReadOnlySet<string> committed,
        IReadOnlySet<ulong> settled,
        IReadOnlySet<string> failed)
    {
        var candidates = Candidates(record, configured);
        // Only the primary is worth waiting for: its word would count. Another one that is late falls behind and is repaired.
        if (record.Primary is { } awaited && !failed.Contains(awaited) && candidates.Contains(awaited, StringComparer.Ordinal) && Report(reports, awaited).Kind == ReportKind.Late)
            return null;
        var reported = candidates.Where(c => Report(reports, c).Checksum is not null).ToImmutableArray();
        if (reported.IsEmpty)
            return null;
        var winner = Winner(record, configured, reported, reports, committed, failed);
        var level = reported.Where(s => string.Equals(Report(reports, s).Checksum, winner.Checksum, StringComparison.Ordinal)).ToImmutableArray();
        var result = record with { OpenWrites = record.OpenWrites.RemoveAll(w => settled.Contains(w.TransactionId)), Primary = winner.Primary };
        // All of them answered alike: nothing is behind, nothing changes. Otherwise the generation tells those who carry on from the rest.
        return level.Length == candidates.Length ? result : result.Increment(level);
    }

    private static (string Primary, string Checksum) Winner(
        RepositoryRecord record,
        ImmutableArray<string> configured,
        ImmutableArray<string> reported,
        IReadOnlyDictionary<string, ReplicaReport> reports,
        IReadOnlySet<string> committed,
        IReadOnlySet<string> failed)
    {
        if (record.Primary is { } primary && !failed.Contains(primary) && reported.Contains(primary, StringComparer.Ordinal))
            return (primary, reports[primary].Checksum!);
        var group = reported
            .GroupBy(s => reports[s].Checksum!, StringComparer.Ordinal)
            .OrderByDescending(g => g.Count(s => !failed.Contains(s)))
            .ThenByDescending(g => g.Any(committed.Contains))
            .ThenBy(g => reported.IndexOf(g.First()))
            .First();
        var assigned = record.Assigned(configured);
        var leaders = group.OrderBy(failed.Contains).ToImmutableArray();
        return (leaders.FirstOrDefault(s => assigned.Contains(s, StringComparer.Ordinal)) ?? leaders[0], group.Key);
    }

    private static ReplicaReport Report(IReadOnlyDictionary<string, ReplicaReport> reports, string storage) =>
        reports.TryGetValue(storage, out var report) ? report : ReplicaReport.Unreachable;
}
