using Praefect.Grains.Election;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Assignment;

/// <summary>What is told of a repository's record.</summary>
internal static class MetadataRules
{
    /// <summary>Existing replicas and assigned storages by name, each with its part; null when there is no record.</summary>
    public static RepositoryMetadata? Of(RepositoryRecord record, RepositoryKey key, RoutingView view)
    {
        if (!record.Exists())
            return null;
        var assigned = record.Assigned(view.Configured);
        var candidates = PrimaryElection.Candidates(record, view.Configured, view.Healthy);
        var storages = record.Replicas.Select(r => r.Storage).Union(assigned, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new RepositoryMetadata(
            record.RepositoryId, key, record.ReplicaPath, record.Primary ?? string.Empty, record.Generation, [.. storages.Select(Replica)]);

        ReplicaMetadata Replica(string storage) => new(
            storage,
            record.GenerationOf(storage),
            assigned.Contains(storage, StringComparer.Ordinal),
            view.Healthy.Contains(storage),
            candidates.Contains(storage, StringComparer.Ordinal),
            record.Replicas.FirstOrDefault(r => string.Equals(r.Storage, storage, StringComparison.Ordinal))?.VerifiedAt);
    }
}
