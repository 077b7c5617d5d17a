using Praefect.Grains.Replicas;

namespace Praefect.Grains.Verification;

/// <summary>What is recorded of the comparison of records with disks.</summary>
internal static class VerificationRules
{
    /// <summary>Forgets when replicas were verified, so that they are due at once.</summary>
    /// <param name="record">The repository.</param>
    /// <param name="storage">On which storage; null: all.</param>
    public static (RepositoryRecord Record, int Marked) Unverified(RepositoryRecord record, string? storage)
    {
        var marked = record.Replicas.Count(IsMeant);
        return (marked == 0 ? record : record with { Replicas = [.. record.Replicas.Select(r => IsMeant(r) ? r with { VerifiedAt = null } : r)] }, marked);

        bool IsMeant(ReplicaRecord replica) =>
            replica.VerifiedAt is not null && (storage is null || string.Equals(replica.Storage, storage, StringComparison.Ordinal));
    }

    /// <summary>The node confirmed its replica.</summary>
    public static RepositoryRecord Verified(RepositoryRecord record, string storage, DateTimeOffset at) => record with
    {
        Replicas = [.. record.Replicas.Select(r => string.Equals(r.Storage, storage, StringComparison.Ordinal) ? r with { VerifiedAt = at } : r)],
    };

    /// <summary>
    /// The node does not have its replica. The repository stays on record even when this was the last one, so that the loss shows up in reports until a person
    /// decides about it.
    /// </summary>
    public static RepositoryRecord Without(RepositoryRecord record, string storage) =>
        record with { Replicas = record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal)) };
}
