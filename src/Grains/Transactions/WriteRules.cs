using System.Collections.Immutable;

namespace Praefect.Grains.Transactions;

/// <summary>Decides who is up to date after a write.</summary>
internal static class WriteRules
{
    private const int Cancelled = 1;
    private const int Unavailable = 14;

    /// <summary>Nobody can say who has the write: only a comparison of the replicas can tell.</summary>
    public static bool IsInDoubt(WriteFacts facts) => IsLost(facts) || FailedAlone(facts);

    /// <summary>
    /// The primary's call broke, so that nobody can say what it did, and it may have done something. Without any agreed vote no node has changed anything visible,
    /// since every change waits for one; but a disagreement with a primary that is gone may mean that the replicas had drifted apart before, which the comparison
    /// finds, too.
    /// </summary>
    public static bool IsLost(WriteFacts facts) =>
        facts.Primary.Outcome.Broken && (!facts.Votes || facts.CommitAnswered || facts.PrimaryDisagreed);

    /// <summary>
    /// The primary said that it failed after everybody had been told to go ahead, and another node that agreed did not fail like it; or it goes away after a
    /// disagreement. A node that is being stopped ends its calls so. Calling all others outdated would leave the repository with a node that is gone in a moment.
    /// </summary>
    public static bool FailedAlone(WriteFacts facts)
    {
        var end = facts.Primary.Outcome;
        if (!facts.Votes || end.Broken || end.StatusCode == 0)
            return false;
        return facts.CommitAnswered
            ? facts.Secondaries.Any(s => s.State == VoterState.Committed && !EndedAlike(s.Outcome, end))
            : facts.PrimaryDisagreed && end.StatusCode is Cancelled or Unavailable;
    }

    /// <summary>The table of Praefect (transaction finalizer), for writes that are not in doubt.</summary>
    public static WriteVerdict Decide(WriteFacts facts)
    {
        // Not in doubt, so nothing was agreed: what the primary was about to do it cannot have done. Calling it changed would put all other replicas behind a node
        // that is gone. A declined write (stopped by its hook) that had not been voted on changed nothing either.
        if (facts.Primary.Outcome.Broken || (facts.Stopped && !facts.CommitAnswered && !facts.PrimaryVoted))
            return WriteVerdict.Unchanged;
        if (!facts.Votes)
            return All(facts, "no-votes");
        // It failed before anything was decided: as nobody was told to go ahead, what it voted on is nowhere.
        if (facts.Primary.Outcome.StatusCode != 0 && !facts.CommitAnswered && !facts.PrimaryDisagreed)
            return WriteVerdict.Unchanged;
        if (facts.Rounds == 0)
        {
            // Without a vote a failed call is taken to have changed nothing, a successful one to have changed everything.
            return facts.Primary.Outcome.StatusCode == 0 ? All(facts, "no-votes") : WriteVerdict.Unchanged;
        }

        if (facts.Rounds == 1 && !facts.PrimaryVoted)
            return WriteVerdict.Unchanged;
        return facts.Primary.State switch
        {
            null => All(facts, "missing-tx-state"),
            VoterState.Committed => PerSecondary(facts),
            // It voted, so it counts as changed: with replicas that differ from the start, this is how they ever become equal again.
            _ => All(facts, "primary-not-committed"),
        };
    }

    private static WriteVerdict All(WriteFacts facts, string reason) =>
        new(true, [], [.. facts.Secondaries.Select(s => new OutdatedNode(s.Outcome.Storage, reason)), .. Targets(facts)]);

    private static WriteVerdict PerSecondary(WriteFacts facts)
    {
        var updated = ImmutableArray.CreateBuilder<string>();
        var outdated = ImmutableArray.CreateBuilder<OutdatedNode>();
        foreach (var (outcome, state) in facts.Secondaries)
        {
            if (!EndedAlike(outcome, facts.Primary.Outcome))
                outdated.Add(new OutdatedNode(outcome.Storage, "node-error-status"));
            else if (state != VoterState.Committed)
                outdated.Add(new OutdatedNode(outcome.Storage, "node-not-committed"));
            else
                updated.Add(outcome.Storage);
        }

        outdated.AddRange(Targets(facts));
        return new WriteVerdict(true, updated.ToImmutable(), outdated.ToImmutable());
    }

    private static IEnumerable<OutdatedNode> Targets(WriteFacts facts) => facts.Targets.Select(t => new OutdatedNode(t, "outdated"));

    // What a broken call did is unknown, so it never equals anything, not even another broken call.
    private static bool EndedAlike(NodeOutcome a, NodeOutcome b) =>
        !a.Broken && !b.Broken && a.StatusCode == b.StatusCode &&
        (a.StatusCode == 0 || string.Equals(a.StatusMessage, b.StatusMessage, StringComparison.Ordinal));
}
