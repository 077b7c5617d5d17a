using System.Collections.Immutable;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Routing;

/// <summary>Asks for the replicas that may serve a read.</summary>
/// <param name="ForcePrimary">The call must be answered by the primary.</param>
/// <param name="Avoid">Storages that the calling gateway knows to be unreachable by its own evidence, ahead of any probe.</param>
[GenerateSerializer, Immutable]
public sealed record AccessorRequest([property: Id(0)] bool ForcePrimary, [property: Id(1)] ImmutableArray<string> Avoid)
{
    /// <summary>A read that any up-to-date replica may serve.</summary>
    public static AccessorRequest Any { get; } = new(false, []);
}

/// <summary>Where a read may go.</summary>
/// <param name="ReplicaPath">Path of the repository on every storage.</param>
/// <param name="Storages">Up-to-date, healthy replicas, at least one; exactly the primary where it was forced. The gateway picks one by load.</param>
[GenerateSerializer, Immutable]
public sealed record AccessorRoute([property: Id(0)] string ReplicaPath, [property: Id(1)] ImmutableArray<string> Storages);

/// <summary>Opens a write on an existing repository.</summary>
/// <param name="TransactionId">Chosen by the gateway, unique over all gateways and their restarts; votes name it.</param>
/// <param name="Method">gRPC path of the call, for logs and explanations.</param>
/// <param name="Votes">The call takes part in a voting transaction; if not, only the primary gets it and the others are repaired after.</param>
/// <param name="Avoid">As in <see cref="AccessorRequest"/>.</param>
/// <param name="Beside">
/// Storages on which the second repository of the call (a pool to link to, a pool's origin) is up to date: only these can take part. Null: there is none.
/// </param>
[GenerateSerializer, Immutable]
public sealed record MutatorRequest(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] string Method,
    [property: Id(2)] bool Votes,
    [property: Id(3)] ImmutableArray<string> Avoid,
    [property: Id(4)] ImmutableArray<string>? Beside = null)
{
    /// <summary>What it will touch, as <see cref="TurnKeys"/> says: it waits for its turn on all of them. Empty: it takes none, or none yet.</summary>
    [Id(5)]
    public ImmutableArray<string> Turns { get; init; } = [];
}

/// <summary>Opens the creation of a repository.</summary>
/// <param name="TransactionId">As in <see cref="MutatorRequest"/>.</param>
/// <param name="Method">As in <see cref="MutatorRequest"/>.</param>
/// <param name="Votes">As in <see cref="MutatorRequest"/>.</param>
/// <param name="Avoid">As in <see cref="AccessorRequest"/>.</param>
/// <param name="Beside">Placement of the repository that the new one must share its storages with (fork source, pool origin); null: free choice.</param>
/// <param name="Upsert">If the repository exists, open a write on it instead of failing.</param>
[GenerateSerializer, Immutable]
public sealed record CreationRequest(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] string Method,
    [property: Id(2)] bool Votes,
    [property: Id(3)] ImmutableArray<string> Avoid,
    [property: Id(4)] Placement? Beside,
    [property: Id(5)] bool Upsert);

/// <summary>Where a write goes.</summary>
/// <param name="TransactionId">The id that the request carried.</param>
/// <param name="ReplicaPath">Path of the repository on every storage.</param>
/// <param name="Primary">Its answer is the client's answer.</param>
/// <param name="Secondaries">Take part in the write and, where it votes, in the transaction.</param>
/// <param name="Targets">Assigned, but outdated, unhealthy, or without the call's second repository: not called, repaired after the write.</param>
/// <param name="Creates">The write creates the repository.</param>
[GenerateSerializer, Immutable]
public sealed record MutatorRoute(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] string ReplicaPath,
    [property: Id(2)] string Primary,
    [property: Id(3)] ImmutableArray<string> Secondaries,
    [property: Id(4)] ImmutableArray<string> Targets,
    [property: Id(5)] bool Creates);

/// <summary>Where a maintenance call goes: every healthy, assigned, existing replica, at whatever generation.</summary>
/// <param name="ReplicaPath">Path of the repository on every storage.</param>
/// <param name="Storages">In the order of the configuration, at least one; the first one's answer is the client's.</param>
[GenerateSerializer, Immutable]
public sealed record MaintenanceRoute([property: Id(0)] string ReplicaPath, [property: Id(1)] ImmutableArray<string> Storages);

/// <summary>Where a repository lives, for placing another one beside it.</summary>
/// <param name="ReplicaPath">Its path on every storage.</param>
/// <param name="Primary">Its primary, elected if need be; null when none can be.</param>
/// <param name="UpToDate">Assigned storages whose replica is at the repository's generation.</param>
/// <param name="Others">The other assigned storages.</param>
/// <param name="Explicit">Its assignments are explicit, so the new repository's must be, too.</param>
[GenerateSerializer, Immutable]
public sealed record Placement(
    [property: Id(0)] string ReplicaPath,
    [property: Id(1)] string? Primary,
    [property: Id(2)] ImmutableArray<string> UpToDate,
    [property: Id(3)] ImmutableArray<string> Others,
    [property: Id(4)] bool Explicit);
