using System.Collections.Immutable;

namespace Praefect.Grains.Repositories;

/// <summary>One storage's part in a repository.</summary>
/// <param name="Storage">Name of the storage.</param>
/// <param name="Generation">Generation of its replica; -1 when there is none.</param>
/// <param name="Assigned">It is supposed to host the repository.</param>
/// <param name="Healthy">It answers probes.</param>
/// <param name="ValidPrimary">It could be primary now.</param>
/// <param name="VerifiedAt">When the node last confirmed the replica (UTC); null: never.</param>
[GenerateSerializer, Immutable]
public sealed record ReplicaMetadata(
    [property: Id(0)] string Storage,
    [property: Id(1)] long Generation,
    [property: Id(2)] bool Assigned,
    [property: Id(3)] bool Healthy,
    [property: Id(4)] bool ValidPrimary,
    [property: Id(5)] DateTimeOffset? VerifiedAt);

/// <summary>All that is known of a repository.</summary>
/// <param name="RepositoryId">Unique id, 1 or more.</param>
/// <param name="Key">Virtual storage and relative path.</param>
/// <param name="ReplicaPath">Path on every storage.</param>
/// <param name="Primary">Current primary; empty when none was ever elected.</param>
/// <param name="Generation">Highest acknowledged generation.</param>
/// <param name="Replicas">Existing replicas and assigned storages, ordered by storage name.</param>
[GenerateSerializer, Immutable]
public sealed record RepositoryMetadata(
    [property: Id(0)] long RepositoryId,
    [property: Id(1)] RepositoryKey Key,
    [property: Id(2)] string ReplicaPath,
    [property: Id(3)] string Primary,
    [property: Id(4)] long Generation,
    [property: Id(5)] ImmutableArray<ReplicaMetadata> Replicas);

/// <summary>What a removed repository left on the disks.</summary>
/// <param name="ReplicaPath">Path on every storage.</param>
/// <param name="Storages">Storages that had a replica.</param>
[GenerateSerializer, Immutable]
public sealed record RemovedRepository([property: Id(0)] string ReplicaPath, [property: Id(1)] ImmutableArray<string> Storages);
