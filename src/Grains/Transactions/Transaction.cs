using System.Collections.Immutable;

namespace Praefect.Grains.Transactions;

/// <summary>The votes of one write: a sequence of rounds, each voter in the first one that it has not ended. Not thread-safe.</summary>
internal sealed class Transaction
{
    private readonly Electorate _electorate;
    private readonly List<Subtransaction> _rounds = [];
    private VoteResult? _ended;

    /// <summary>A transaction without votes yet.</summary>
    /// <exception cref="ArgumentException">The electorate can never decide, or could decide twice.</exception>
    public Transaction(Electorate electorate)
    {
        if (electorate.Check() is { } wrong)
            throw new ArgumentException(wrong, nameof(electorate));
        _electorate = electorate;
    }

    /// <summary>
    /// Rounds in which somebody voted. A round that exists only because a voter was canceled says nothing about the write:
    /// counting it would call the primary uncommitted when a secondary fails after everything was agreed.
    /// </summary>
    public int Rounds => _rounds.Count(r => r.HasVotes);

    /// <summary>Whether a node asked to end it without an error.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Whether the node's vote is in the first round.</summary>
    public bool DidVote(string voter) => _rounds.Count > 0 && _rounds[0].DidVote(voter);

    /// <summary>Where a node stands in the last round in which somebody voted; null without one, or for a node that is no voter.</summary>
    public VoterState? StateOf(string voter) => _rounds.FindLast(r => r.HasVotes)?.StateOf(voter);

    /// <summary>Whether the node has gone along with every agreement so far, so that its replica has what was agreed.</summary>
    public bool CommittedEverything(string voter) =>
        _rounds.TrueForAll(r => !r.HasQuorum || r.StateOf(voter) == VoterState.Committed);

    /// <summary>Whether a round that somebody voted in ended without agreement for this node.</summary>
    public bool FailedAny(string voter) => _rounds.Exists(r => r.StateOf(voter) == VoterState.Failed);

    /// <summary>Takes a vote.</summary>
    /// <param name="voter">The node.</param>
    /// <param name="vote">What it is about to change.</param>
    /// <param name="phase">
    /// A preparing vote is cast before anything is locked, and only by newer nodes: it is let through without a round, so that older nodes are not waited for
    /// and a write that goes no further counts as one that changed nothing.
    /// </param>
    /// <returns>The round to wait for, or an answer at once.</returns>
    public (Subtransaction? Round, VoteResult? Answer) Cast(string voter, Vote vote, VotePhase phase)
    {
        if (_ended is not null)
            return (null, _ended);
        if (!_electorate.Voters.Any(v => string.Equals(v.Name, voter, StringComparison.Ordinal)))
            return (null, new VoteResult(VoteAnswer.Invalid, $"invalid node for transaction: \"{voter}\""));
        foreach (var round in _rounds)
        {
            if (round.StateOf(voter) == VoterState.Committed)
                continue;
            if (round.StateOf(voter) != VoterState.Undecided)
                return (null, round.ResultOf(voter));
            return phase == VotePhase.Preparing ? (null, VoteResult.Commit) : CastIn(round, voter, vote);
        }

        return phase == VotePhase.Preparing ? (null, VoteResult.Commit) : CastIn(NewRound(), voter, vote);
    }

    /// <summary>The rounds in which the node is still expected to vote or waits, oldest first.</summary>
    public ImmutableArray<Subtransaction> PendingOf(string voter) => [.. _rounds.Where(r => r.StateOf(voter) == VoterState.Undecided)];

    /// <summary>A node's call failed: it votes in no round any more, neither in those that exist nor in those to come.</summary>
    /// <returns>Null when done, else why not.</returns>
    public string? CancelVoter(string voter)
    {
        if (!_electorate.Voters.Any(v => string.Equals(v.Name, voter, StringComparison.Ordinal)))
            return $"invalid node for transaction: \"{voter}\"";
        var pending = PendingOf(voter);
        if (pending.IsEmpty)
            pending = [NewRound()];
        foreach (var round in pending)
            round.CancelVoter(voter);
        return null;
    }

    /// <summary>The call is over: nobody votes any more, and all waiters are released.</summary>
    public void Cancel()
    {
        foreach (var round in _rounds)
            round.Cancel();
        _ended = new VoteResult(VoteAnswer.Canceled, "transaction has been canceled");
    }

    /// <summary>A node asked to end without an error. Asking again changes nothing.</summary>
    /// <returns>False when the transaction was canceled before.</returns>
    public bool Stop()
    {
        if (_ended is { Answer: VoteAnswer.Canceled })
            return false;
        foreach (var round in _rounds)
            round.Stop();
        _ended = new VoteResult(VoteAnswer.Stop, "transaction has been stopped");
        Stopped = true;
        return true;
    }

    private static (Subtransaction? Round, VoteResult? Answer) CastIn(Subtransaction round, string voter, Vote vote) =>
        round.Cast(voter, vote) is { } refusal ? (null, refusal) : (round, null);

    private Subtransaction NewRound()
    {
        var round = new Subtransaction(_electorate, _rounds.Count == 0 ? [] : _rounds[^1].CanceledVoters);
        _rounds.Add(round);
        return round;
    }
}
