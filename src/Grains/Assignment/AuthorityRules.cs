using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Assignment;

/// <summary>The acceptance of a data loss.</summary>
internal static class AuthorityRules
{
    /// <summary>
    /// One storage's replica, whatever it was before, becomes the only one that is up to date. The generation rises, so that a replica which held more is behind
    /// from now on, and a write that it still takes part in counts for nothing. What was given up there and waits for its removal is wanted again.
    /// </summary>
    public static RepositoryRecord WithAuthority(RepositoryRecord record, string storage)
    {
        var generation = record.Generation + 1;
        var verifiedAt = record.Replicas.FirstOrDefault(r => string.Equals(r.Storage, storage, StringComparison.Ordinal))?.VerifiedAt;
        var others = record.Replicas.RemoveAll(r => string.Equals(r.Storage, storage, StringComparison.Ordinal));
        return SurplusRules.WithoutLeftover(record, storage) with { Generation = generation, Replicas = others.Add(new ReplicaRecord(storage, generation, verifiedAt)) };
    }
}
