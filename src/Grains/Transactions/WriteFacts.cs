using System.Collections.Immutable;

namespace Praefect.Grains.Transactions;

/// <summary>How one node came out of a write.</summary>
/// <param name="Outcome">How its call ended.</param>
/// <param name="State">Where it stood in the last round of votes; null when there was none.</param>
internal sealed record NodeFacts(NodeOutcome Outcome, VoterState? State);

/// <summary>Everything that decides who is up to date after a write.</summary>
/// <param name="Votes">The call took part in a voting transaction.</param>
/// <param name="Rounds">Rounds in which somebody voted.</param>
/// <param name="PrimaryVoted">The primary's vote is in the first of them.</param>
/// <param name="CommitAnswered">Some node was told to go ahead.</param>
/// <param name="Stopped">A node asked to end the transaction without an error.</param>
/// <param name="PrimaryDisagreed">A vote of the primary ended without agreement.</param>
/// <param name="Primary">The primary.</param>
/// <param name="Secondaries">The secondaries of the route.</param>
/// <param name="Targets">Assigned storages that were not called.</param>
internal sealed record WriteFacts(
    bool Votes,
    int Rounds,
    bool PrimaryVoted,
    bool CommitAnswered,
    bool Stopped,
    bool PrimaryDisagreed,
    NodeFacts Primary,
    ImmutableArray<NodeFacts> Secondaries,
    ImmutableArray<string> Targets);

/// <summary>A storage that is behind after a write.</summary>
/// <param name="Storage">Its name.</param>
/// <param name="Reason">In the words of Praefect's metric <c>tx_replications_total</c>.</param>
internal readonly record struct OutdatedNode(string Storage, string Reason);

/// <summary>Who is up to date after a write.</summary>
/// <param name="Dirty">The primary may have changed: the generation grows.</param>
/// <param name="Updated">Secondaries that hold the same as the primary.</param>
/// <param name="Outdated">Storages to be repaired.</param>
internal sealed record WriteVerdict(bool Dirty, ImmutableArray<string> Updated, ImmutableArray<OutdatedNode> Outdated)
{
    /// <summary>Nothing changed anywhere.</summary>
    public static WriteVerdict Unchanged { get; } = new(false, [], []);
}
