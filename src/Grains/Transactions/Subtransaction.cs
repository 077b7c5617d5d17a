using System.Collections.Immutable;
using System.Globalization;

namespace Praefect.Grains.Transactions;

/// <summary>
/// One round of votes. Decided as soon as enough weight agrees, or as soon as that has become impossible; whoever has voted by then is told,
/// and whoever votes later is settled at once. A decided voter never changes. Not thread-safe: its owner runs one turn at a time.
/// </summary>
internal sealed class Subtransaction
{
    private const string CanceledText = "transaction has been canceled";
    private const string StoppedText = "transaction has been stopped";
    private readonly TaskCompletionSource _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, Seat> _seats = new(StringComparer.Ordinal);
    private readonly Dictionary<Vote, long> _counts = [];
    private readonly int _threshold;

    /// <summary>A round in which <paramref name="canceled"/> voters take no part from the beginning.</summary>
    public Subtransaction(Electorate electorate, IEnumerable<string>? canceled = null)
        : this(electorate.Voters.Select(v => (v, (Vote?)null, VoterState.Undecided)), electorate.Threshold)
    {
        foreach (var name in canceled ?? [])
            _seats[name].State = VoterState.Canceled;
    }

    /// <summary>A round in the middle.</summary>
    public Subtransaction(IEnumerable<(Voter Voter, Vote? Vote, VoterState State)> seats, int threshold)
    {
        _threshold = threshold;
        foreach (var (voter, vote, state) in seats)
        {
            _seats.Add(voter.Name, new Seat(voter.Weight) { Vote = vote, State = state });
            if (vote is { } cast)
                Count(cast, voter.Weight);
        }
    }

    /// <summary>Ends when everyone who has voted can be answered; stays ended.</summary>
    public Task Decided => _decided.Task;

    /// <summary>Whether anybody's vote is in it.</summary>
    public bool HasVotes => _seats.Values.Any(s => s.Vote is not null);

    /// <summary>Whether enough weight agreed.</summary>
    public bool HasQuorum => Leader().Weight >= _threshold;

    /// <summary>Whether a quorum exists or the outstanding votes could still bring one.</summary>
    public bool QuorumPossible => Leader().Weight + Outstanding() >= _threshold;

    /// <summary>Names of the voters that take no part any more.</summary>
    public ImmutableArray<string> CanceledVoters => [.. _seats.Where(s => s.Value.State == VoterState.Canceled).Select(s => s.Key)];

    /// <summary>Where a voter stands; null for a node that is none.</summary>
    public VoterState? StateOf(string voter) => _seats.TryGetValue(voter, out var seat) ? seat.State : null;

    /// <summary>Whether the voter's vote is in.</summary>
    public bool DidVote(string voter) => _seats.TryGetValue(voter, out var seat) && seat.Vote is not null;

    /// <summary>Takes a vote.</summary>
    /// <returns>Null when it counts (<see cref="Decided"/> says when to ask <see cref="ResultOf"/>), else the refusal.</returns>
    public VoteResult? Cast(string voter, Vote vote)
    {
        if (!_seats.TryGetValue(voter, out var seat))
            return Unknown(voter);
        switch (seat.State)
        {
            case VoterState.Canceled:
                return new VoteResult(VoteAnswer.Canceled, $"updating state of node \"{voter}\": {CanceledText}");
            case VoterState.Stopped:
                return new VoteResult(VoteAnswer.Stop, $"updating state of node \"{voter}\": {StoppedText}");
        }

        if (seat.State != VoterState.Undecided || seat.Vote is not null)
            return new VoteResult(VoteAnswer.Invalid, $"node already cast a vote: \"{voter}\"");
        seat.Vote = vote;
        Count(vote, seat.Weight);
        Decide();
        return null;
    }

    /// <summary>The answer for a voter as things stand.</summary>
    public VoteResult ResultOf(string voter) => StateOf(voter) switch
    {
        null => Unknown(voter),
        VoterState.Committed => VoteResult.Commit,
        VoterState.Canceled => new VoteResult(VoteAnswer.Canceled, CanceledText),
        VoterState.Stopped => new VoteResult(VoteAnswer.Stop, StoppedText),
        VoterState.Failed => new VoteResult(VoteAnswer.Abort, Missed(_seats[voter].Vote!.Value)),
        _ => new VoteResult(VoteAnswer.Invalid, $"node has not been decided: \"{voter}\""),
    };

    /// <summary>The voter votes no more. Its weight is withdrawn, which may make the quorum impossible and so release the others.</summary>
    /// <returns>Null when done, else why not: a decided vote stands.</returns>
    public string? CancelVoter(string voter)
    {
        if (!_seats.TryGetValue(voter, out var seat))
            return $"invalid node for subtransaction: \"{voter}\"";
        var refusal = seat.State switch
        {
            VoterState.Undecided => null,
            VoterState.Canceled => CanceledText,
            VoterState.Stopped => StoppedText,
            VoterState.Committed => "cannot change committed vote",
            _ => "cannot change failed vote",
        };
        if (refusal is not null)
            return "cancel vote: " + refusal;
        seat.State = VoterState.Canceled;
        if (seat.Vote is { } withdrawn)
            Count(withdrawn, -seat.Weight);
        seat.Vote = null;
        Decide();
        return null;
    }

    /// <summary>The transaction is over: whoever is undecided is canceled, and all waiters are released.</summary>
    public void Cancel() => End(VoterState.Canceled);

    /// <summary>Ends the round without calling it a failure.</summary>
    /// <returns>False when it was stopped before.</returns>
    public bool Stop()
    {
        if (_seats.Values.Any(s => s.State == VoterState.Stopped))
            return false;
        End(VoterState.Stopped);
        return true;
    }

    private static VoteResult Unknown(string voter) => new(VoteAnswer.Invalid, $"invalid node for transaction: \"{voter}\"");

    private void End(VoterState state)
    {
        foreach (var seat in _seats.Values.Where(s => s.State == VoterState.Undecided))
            seat.State = state;
        _decided.TrySetResult();
    }

    private void Decide()
    {
        var (leader, weight) = Leader();
        var reached = weight >= _threshold;
        if (!reached && weight + Outstanding() >= _threshold)
            return;
        foreach (var seat in _seats.Values.Where(s => s.State == VoterState.Undecided && s.Vote is not null))
            seat.State = reached && seat.Vote == leader ? VoterState.Committed : VoterState.Failed;
        _decided.TrySetResult();
    }

    // Two votes can never both reach the threshold, as that is more than half of the weight: which of equals leads does not matter.
    private (Vote? Vote, long Weight) Leader()
    {
        (Vote? Vote, long Weight) leader = (null, 0);
        foreach (var (vote, count) in _counts)
        {
            if (leader.Vote is null || count > leader.Weight)
                leader = (vote, count);
        }

        return leader;
    }

    private void Count(Vote vote, int weight) => _counts[vote] = _counts.GetValueOrDefault(vote) + weight;

    private long Outstanding() => _seats.Values.Where(s => s.State == VoterState.Undecided && s.Vote is null).Sum(s => (long)s.Weight);

    private string Missed(Vote vote) =>
        string.Create(CultureInfo.InvariantCulture, $"transaction did not reach quorum: got {_counts.GetValueOrDefault(vote)}/{_threshold} votes for {vote}");

    private sealed class Seat(int weight)
    {
        public int Weight { get; } = weight;

        public Vote? Vote { get; set; }

        public VoterState State { get; set; }
    }
}
