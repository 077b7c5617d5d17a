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

    /// <summary>
    /// The node said whether it has its replica. One that is missing leaves the record, or, where records are not to be deleted, counts as looked at, so that it is
    /// reported once and not over and over. The repository stays on record even when this was its last replica, so that the loss shows up in reports until a person
    /// decides about it.
    /// </summary>
    public static RepositoryRecord Answered(RepositoryRecord record, string storage, bool exists, bool deletes, DateTimeOffset at) => record with
    {
        Replicas = exists || !deletes
            ? [.. record.Replicas.Select(r => string.Equals(r.Storage, storage, StringComparison.Ordinal) ? r with { VerifiedAt = at } : r)]
            : record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal)),
    };
}
