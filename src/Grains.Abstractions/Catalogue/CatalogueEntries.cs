using System.Collections.Immutable;

namespace Praefect.Grains.Catalogue;

/// <summary>A repository that is unavailable, or not on every storage that has to host it.</summary>
/// <param name="RepositoryId">Its id.</param>
/// <param name="RelativePath">The path that clients use.</param>
/// <param name="Generation">Highest acknowledged generation.</param>
/// <param name="Primary">Recorded primary; empty: never elected.</param>
/// <param name="Unavailable">No replica that is up to date is on a healthy storage.</param>
/// <param name="Replicas">Existing replicas and assigned storages, ordered by storage.</param>
public sealed record DatalossEntry(
    long RepositoryId, string RelativePath, long Generation, string Primary, bool Unavailable, ImmutableArray<DatalossReplica> Replicas);

/// <summary>A storage's part in a <see cref="DatalossEntry"/>.</summary>
/// <param name="Storage">Its name.</param>
/// <param name="Assigned">It has to host the repository.</param>
/// <param name="Healthy">It was among the healthy storages of the question.</param>
/// <param name="BehindBy">How many generations it is behind; 0: up to date; generation + 1: no replica there.</param>
public sealed record DatalossReplica(string Storage, bool Assigned, bool Healthy, long BehindBy);

/// <summary>A replica on a storage.</summary>
/// <param name="RepositoryId">Its repository.</param>
/// <param name="RelativePath">The path that clients use.</param>
/// <param name="ReplicaPath">Path on the storage.</param>
/// <param name="Generation">Its generation.</param>
/// <param name="UpToDate">Whether that is the repository's.</param>
/// <param name="VerifiedAt">When the storage last confirmed it (UTC); null: never.</param>
public sealed record StorageReplica(
    long RepositoryId, string RelativePath, string ReplicaPath, long Generation, bool UpToDate, DateTimeOffset? VerifiedAt);

/// <summary>A replica to verify, leased to the caller.</summary>
/// <param name="RepositoryId">Its repository.</param>
/// <param name="Storage">Where it is recorded to be.</param>
/// <param name="RelativePath">The path that clients use.</param>
/// <param name="ReplicaPath">Path on the storage.</param>
public sealed record DueVerification(long RepositoryId, string Storage, string RelativePath, string ReplicaPath);

/// <summary>How many replicas of a storage wait for their verification.</summary>
/// <param name="Unverified">Never verified, or marked so.</param>
/// <param name="Expired">Verified longer ago than asked for.</param>
public readonly record struct VerificationDepth(long Unverified, long Expired);
