using System.Collections.Immutable;

namespace Praefect.Grains.Replicas;

/// <summary>A replica that exists on a storage.</summary>
/// <param name="Storage">Name of the storage.</param>
/// <param name="Generation">0 or more; up to date when equal to the repository's.</param>
/// <param name="VerifiedAt">When it was last confirmed to be on the disk (UTC); null: never.</param>
[GenerateSerializer, Immutable]
[Alias("praefect.replica-record")]
public sealed record ReplicaRecord(
    [property: Id(0)] string Storage,
    [property: Id(1)] long Generation,
    [property: Id(2)] DateTimeOffset? VerifiedAt);

/// <summary>A write that may have changed something and whose outcome is not recorded yet.</summary>
/// <param name="TransactionId">The write.</param>
/// <param name="Participants">Storages that it may have changed, the primary first.</param>
[GenerateSerializer, Immutable]
[Alias("praefect.open-write-record")]
public sealed record OpenWriteRecord(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] ImmutableArray<string> Participants);

/// <summary>What is stored of a repository: immutable, replaced as a whole. An instance without id stands for a repository that does not exist.</summary>
[GenerateSerializer, Immutable]
[Alias("praefect.repository-record")]
public sealed record RepositoryRecord
{
    /// <summary>Unique over all virtual storages, 1 or more; 0: no record.</summary>
    [Id(0)]
    public long RepositoryId { get; init; }

    /// <summary>Name of the virtual storage, for reports that read the store.</summary>
    [Id(1)]
    public string VirtualStorage { get; init; } = string.Empty;

    /// <summary>The relative path that clients use, for reports that read the store.</summary>
    [Id(2)]
    public string RelativePath { get; init; } = string.Empty;

    /// <summary>Path on every storage. Read it, never derive it: only new repositories follow <see cref="ReplicaPaths"/>.</summary>
    [Id(3)]
    public string ReplicaPath { get; init; } = string.Empty;

    /// <summary>Highest acknowledged generation; -1 while the repository is being created, when it does not exist for anybody yet.</summary>
    [Id(4)]
    public long Generation { get; init; } = -1;

    /// <summary>Current primary; null when none was ever elected.</summary>
    [Id(5)]
    public string? Primary { get; init; }

    /// <summary>Existing replicas.</summary>
    [Id(6)]
    public ImmutableArray<ReplicaRecord> Replicas { get; init; } = [];

    /// <summary>Storages that are to host it; null: all configured ones.</summary>
    [Id(7)]
    public ImmutableArray<string>? Assignments { get; init; }

    /// <summary>Writes under way, or cut off and to be settled.</summary>
    [Id(8)]
    public ImmutableArray<OpenWriteRecord> OpenWrites { get; init; } = [];

    /// <summary>Storages whose replica was given up and may still be on the disk.</summary>
    [Id(9)]
    public ImmutableArray<string> Leftovers { get; init; } = [];

    /// <summary>Doubt was settled, and the replicas are to be compared once more: a node may have changed late. On record, since the next activation has to do it if this one ends.</summary>
    [Id(10)]
    public bool Unconfirmed { get; init; }

    /// <summary>Storages to which a copy was begun that may be under way: the next activation, which did not see it end, gives it time before it makes its own.</summary>
    [Id(11)]
    public ImmutableArray<string> Copying { get; init; } = [];

    /// <summary>No repository.</summary>
    public static RepositoryRecord None { get; } = new();
}
