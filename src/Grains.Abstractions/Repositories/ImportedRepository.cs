using System.Collections.Immutable;

namespace Praefect.Grains.Repositories;

/// <summary>A repository as a Praefect database records it.</summary>
/// <param name="RepositoryId">Its id there, 1 or more. Ids up to the highest imported one must be kept from being handed out: <see cref="IRepositoryIdGrain.RaiseAsync"/>, before the first import.</param>
/// <param name="ReplicaPath">Path on every storage.</param>
/// <param name="Primary">Its primary; null when none was ever elected.</param>
/// <param name="Generation">0 or more.</param>
/// <param name="Replicas">Its replicas.</param>
/// <param name="Assignments">Explicit assignments; null: none, all configured storages.</param>
[GenerateSerializer, Immutable]
public sealed record ImportedRepository(
    [property: Id(0)] long RepositoryId,
    [property: Id(1)] string ReplicaPath,
    [property: Id(2)] string? Primary,
    [property: Id(3)] long Generation,
    [property: Id(4)] ImmutableArray<ImportedReplica> Replicas,
    [property: Id(5)] ImmutableArray<string>? Assignments)
{
    /// <summary>Only says what would come of it.</summary>
    [Id(6)]
    public bool DryRun { get; init; }
}

/// <summary>A replica as a Praefect database records it.</summary>
/// <param name="Storage">Name of the storage.</param>
/// <param name="Generation">0 or more.</param>
/// <param name="VerifiedAt">When it was last verified (UTC); null: never.</param>
[GenerateSerializer, Immutable]
public sealed record ImportedReplica(
    [property: Id(0)] string Storage,
    [property: Id(1)] long Generation,
    [property: Id(2)] DateTimeOffset? VerifiedAt);
