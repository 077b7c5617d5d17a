using System.Collections.Immutable;

namespace Praefect.Grains.Replicas;

/// <summary>Questions to a record and the changes that it may go through.</summary>
internal static class RecordRules
{
    /// <summary>There is a repository for clients to see.</summary>
    public static bool Exists(this RepositoryRecord record) => record.RepositoryId > 0 && record.Generation >= 0;

    /// <summary>There is a creation under way.</summary>
    public static bool IsBeingCreated(this RepositoryRecord record) => record.RepositoryId > 0 && record.Generation < 0;

    /// <summary>Generation of a storage's replica; -1 when there is none.</summary>
    public static long GenerationOf(this RepositoryRecord record, string storage)
    {
        foreach (var replica in record.Replicas)
        {
            if (string.Equals(replica.Storage, storage, StringComparison.Ordinal))
                return replica.Generation;
        }

        return -1;
    }

    /// <summary>The storage's replica has every acknowledged write.</summary>
    public static bool IsUpToDate(this RepositoryRecord record, string storage) =>
        record.Generation >= 0 && record.GenerationOf(storage) == record.Generation;

    /// <summary>The storages that are to host the repository: explicit assignments as far as they are configured; without any, all configured.</summary>
    public static ImmutableArray<string> Assigned(this RepositoryRecord record, ImmutableArray<string> configured)
    {
        if (record.Assignments is not { } explicitly)
            return configured;
        var assigned = configured.Where(s => explicitly.Contains(s, StringComparer.Ordinal)).ToImmutableArray();
        return assigned.IsEmpty ? configured : assigned;
    }

    /// <summary>
    /// A write was taken by these storages: those of them that are up to date at this moment rise together with the repository. A replica that is behind stays
    /// where it is, whatever it took: lifting it would jump over the writes that it missed.
    /// </summary>
    /// <returns>Null when none of them is up to date: the write went to outdated nodes only.</returns>
    public static RepositoryRecord? Increment(this RepositoryRecord record, IReadOnlyCollection<string> storages)
    {
        if (!storages.Any(record.IsUpToDate))
            return null;
        var next = record.Generation + 1;
        return record with
        {
            Generation = next,
            Replicas = [.. record.Replicas.Select(r => Rises(r) ? r with { Generation = next } : r)],
        };

        bool Rises(ReplicaRecord replica) =>
            replica.Generation == record.Generation && storages.Contains(replica.Storage, StringComparer.Ordinal);
    }

    /// <summary>A copy was verified: the storage's replica is at this generation. Never lowers one.</summary>
    public static RepositoryRecord WithReplica(this RepositoryRecord record, string storage, long generation, DateTimeOffset verifiedAt)
    {
        if (record.GenerationOf(storage) > generation)
            return record;
        var others = record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal));
        return record with { Replicas = others.Add(new ReplicaRecord(storage, generation, verifiedAt)), Copying = record.Copying.Remove(storage, StringComparer.Ordinal) };
    }

    /// <summary>A copy to a storage is about to be made.</summary>
    public static RepositoryRecord WithCopying(this RepositoryRecord record, string storage) =>
        record.Copying.Contains(storage, StringComparer.Ordinal) ? record : record with { Copying = record.Copying.Add(storage) };

    /// <summary>A node turned out to have no repository. The last up-to-date replica stays on record: its loss is for a person to accept.</summary>
    public static RepositoryRecord WithoutReplica(this RepositoryRecord record, string storage)
    {
        var others = record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal));
        return others.Any(r => r.Generation == record.Generation) ? record with { Replicas = others } : record;
    }

    /// <summary>A write is under way.</summary>
    public static RepositoryRecord WithOpenWrite(this RepositoryRecord record, ulong transactionId, ImmutableArray<string> participants) =>
        record with { OpenWrites = record.OpenWrites.Add(new OpenWriteRecord(transactionId, participants)) };

    /// <summary>A write's outcome is known.</summary>
    public static RepositoryRecord WithoutOpenWrite(this RepositoryRecord record, ulong transactionId) =>
        record with { OpenWrites = record.OpenWrites.RemoveAll(w => w.TransactionId == transactionId) };
}
