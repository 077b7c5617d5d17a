using System.Collections.Immutable;

namespace Praefect.Grains.Repositories;

/// <summary>Asks for a record of a repository that is on a disk already.</summary>
/// <param name="AuthoritativeStorage">The storage whose copy counts.</param>
/// <param name="ReplicaPath">Where it lies there, and will lie everywhere.</param>
[GenerateSerializer, Immutable]
public sealed record TrackRequest([property: Id(0)] string AuthoritativeStorage, [property: Id(1)] string ReplicaPath);

/// <summary>What came of tracking a repository.</summary>
/// <param name="RepositoryId">The id that it got.</param>
/// <param name="Secondaries">Storages that get a copy of it from now on, in the order of the configuration.</param>
[GenerateSerializer, Immutable]
public sealed record TrackedRepository([property: Id(0)] long RepositoryId, [property: Id(1)] ImmutableArray<string> Secondaries);
