using System.Collections.Immutable;

namespace Praefect.Grains.Repositories;

/// <summary>Why a repository is served as it is, from live state. Texts are for people: lower-case facts that name storages.</summary>
/// <param name="Metadata">What is recorded; null when there is no record.</param>
/// <param name="State">What it can do now, and if less than everything, why.</param>
/// <param name="Replicas">Every storage that has or is to have a replica, or is configured, by name.</param>
/// <param name="Writes">Writes under way and writes in doubt.</param>
/// <param name="Waiting">What holds new writes back at this moment, and the queue: writes that have their turn and those that wait for it. Empty: nothing.</param>
/// <param name="Decisions">The last calls that were routed, the newest first. Only those of the present activation are known.</param>
[GenerateSerializer, Immutable]
public sealed record RepositoryExplanation(
    [property: Id(0)] RepositoryMetadata? Metadata,
    [property: Id(1)] string State,
    [property: Id(2)] ImmutableArray<ReplicaExplanation> Replicas,
    [property: Id(3)] ImmutableArray<WriteExplanation> Writes,
    [property: Id(4)] ImmutableArray<string> Waiting,
    [property: Id(5)] ImmutableArray<RouteDecision> Decisions);

/// <summary>One storage's part.</summary>
/// <param name="Storage">Its name.</param>
/// <param name="Generation">Generation of its replica; -1: none.</param>
/// <param name="Assigned">It is to host the repository.</param>
/// <param name="Healthy">It answers probes.</param>
/// <param name="HealthReason">Why not; empty when it does.</param>
/// <param name="Since">Since when it does or does not (UTC); null: the storage is not configured.</param>
/// <param name="Reads"><c>yes</c>, or <c>no: why</c>.</param>
/// <param name="Primary">Whether it is primary, and why or why not.</param>
/// <param name="Repair">What is done to its replica, or waits to be done; empty: nothing.</param>
[GenerateSerializer, Immutable]
public sealed record ReplicaExplanation(
    [property: Id(0)] string Storage,
    [property: Id(1)] long Generation,
    [property: Id(2)] bool Assigned,
    [property: Id(3)] bool Healthy,
    [property: Id(4)] string HealthReason,
    [property: Id(5)] DateTimeOffset? Since,
    [property: Id(6)] string Reads,
    [property: Id(7)] string Primary,
    [property: Id(8)] string Repair);

/// <summary>A write under way, or cut off and in doubt.</summary>
/// <param name="TransactionId">The write.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Primary">Its primary.</param>
/// <param name="Voters">Its participants, the primary first, each with where it stands in the last round of votes.</param>
/// <param name="Targets">Storages that it leaves to repair.</param>
[GenerateSerializer, Immutable]
public sealed record WriteExplanation(
    [property: Id(0)] ulong TransactionId,
    [property: Id(1)] string State,
    [property: Id(2)] string Primary,
    [property: Id(3)] ImmutableArray<VoterExplanation> Voters,
    [property: Id(4)] ImmutableArray<string> Targets);

/// <summary>A participant of a write.</summary>
/// <param name="Storage">Its name.</param>
/// <param name="State">Where it stands, in the words of the field: <c>undecided</c>, <c>committed</c>, <c>failed</c>, <c>canceled</c>, <c>stopped</c>, or <c>does not vote</c>.</param>
[GenerateSerializer, Immutable]
public sealed record VoterExplanation([property: Id(0)] string Storage, [property: Id(1)] string State);

/// <summary>A call that was routed, or was not.</summary>
/// <param name="At">When (UTC).</param>
/// <param name="Call">A kind of read, or the method of a write.</param>
/// <param name="Outcome">Where it went, or why nowhere.</param>
[GenerateSerializer, Immutable]
public sealed record RouteDecision([property: Id(0)] DateTimeOffset At, [property: Id(1)] string Call, [property: Id(2)] string Outcome);
