using System.Collections.Immutable;

namespace Praefect.Grains.Transactions;

/// <summary>How a mutator's call ended on one node.</summary>
/// <param name="Storage">The node.</param>
/// <param name="StatusCode">gRPC status code that the node answered with, 0 to 16.</param>
/// <param name="StatusMessage">gRPC status message; equal code and message on two nodes count as the same outcome.</param>
/// <param name="Broken">No status came from the node: connection refused or lost, call cut off or cancelled by us. What it did is then unknown.</param>
[GenerateSerializer, Immutable]
public sealed record NodeOutcome(
    [property: Id(0)] string Storage,
    [property: Id(1)] int StatusCode,
    [property: Id(2)] string StatusMessage,
    [property: Id(3)] bool Broken);

/// <summary>What became of a write.</summary>
public enum WriteOutcome
{
    /// <summary>Recorded: the primary's answer may go to the client.</summary>
    Recorded,

    /// <summary>Nothing was changed anywhere and nothing was recorded; the primary's answer may go to the client.</summary>
    Unchanged,

    /// <summary>The primary was lost in the middle: the replicas are being compared. The client gets UNAVAILABLE, never success.</summary>
    InDoubt,
}

/// <summary>What a write came to.</summary>
/// <param name="Outcome">Which of the cases.</param>
/// <param name="Generation">The repository's generation after it.</param>
/// <param name="Updated">Secondaries that hold the same as the primary.</param>
/// <param name="Outdated">Storages to be repaired, with the reason in Praefect's words (<c>node-not-committed</c>, …), as <c>storage=reason</c>.</param>
[GenerateSerializer, Immutable]
public sealed record FinishResult(
    [property: Id(0)] WriteOutcome Outcome,
    [property: Id(1)] long Generation,
    [property: Id(2)] ImmutableArray<string> Updated,
    [property: Id(3)] ImmutableArray<string> Outdated);
