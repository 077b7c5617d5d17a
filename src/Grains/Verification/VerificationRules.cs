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
}
