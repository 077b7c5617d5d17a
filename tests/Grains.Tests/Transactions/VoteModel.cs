using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>
/// The rules of voting, written down once more from what Praefect does and not from our code: without weights and thresholds. A round is agreed when the primary and
/// at least half of the secondaries, rounded up, voted alike; a single secondary may disagree.
/// </summary>
internal sealed class VoteModel(int secondaries)
{
    private readonly List<Round> _rounds = [];
    private VoteAnswer? _ended;

    public int VotedRounds => _rounds.Count(r => r.AnyVote);

    public bool Stopped { get; private set; }

    private int Voters => secondaries + 1;

    /// <summary>The answer to a vote; null: it waits.</summary>
    public VoteAnswer? Vote(int voter, int vote, bool preparing)
    {
        if (_ended is { } over)
            return over;
        if (voter >= Voters)
            return VoteAnswer.Invalid;
        foreach (var round in _rounds)
        {
            var refused = round.States[voter] switch
            {
                VoterState.Failed => VoteAnswer.Abort,
                VoterState.Canceled => VoteAnswer.Canceled,
                VoterState.Stopped => VoteAnswer.Stop,
                _ => (VoteAnswer?)null,
            };
            if (refused is not null)
                return refused;
        }

        if (preparing)
            return VoteAnswer.Commit;
        var first = _rounds.Find(r => r.States[voter] == VoterState.Undecided) ?? Add();
        if (first.Votes[voter] is not null)
            return VoteAnswer.Invalid;
        first.Votes[voter] = vote;
        first.Decide(secondaries);
        return first.States[voter] switch
        {
            VoterState.Committed => VoteAnswer.Commit,
            VoterState.Failed => VoteAnswer.Abort,
            _ => null,
        };
    }

    /// <summary>Whoever waits for the answer to a vote of this voter goes away.</summary>
    public void Withdraw(int voter)
    {
        if (_rounds.Find(r => r.States[voter] == VoterState.Undecided && r.Votes[voter] is not null) is { } waiting)
            waiting.Leave(voter, secondaries);
    }

    public void CancelVoter(int voter)
    {
        if (voter >= Voters)
            return;
        var pending = _rounds.FindAll(r => r.States[voter] == VoterState.Undecided);
        foreach (var round in pending.Count > 0 ? pending : [Add()])
            round.Leave(voter, secondaries);
    }

    public void Cancel()
    {
        End(VoterState.Canceled);
        _ended = VoteAnswer.Canceled;
    }

    public void Stop()
    {
        if (_ended == VoteAnswer.Canceled)
            return;
        End(VoterState.Stopped);
        _ended = VoteAnswer.Stop;
        Stopped = true;
    }

    public VoterState? StateOf(int voter) => _rounds.FindLast(r => r.AnyVote)?.States[voter];

    public bool DidVote(int voter) => _rounds.Count > 0 && _rounds[0].Votes[voter] is not null;

    public bool FailedAny(int voter) => _rounds.Exists(r => r.States[voter] == VoterState.Failed);

    private void End(VoterState state)
    {
        foreach (var round in _rounds)
        {
            for (var i = 0; i < Voters; i++)
            {
                if (round.States[i] == VoterState.Undecided)
                    round.States[i] = state;
            }
        }
    }

    private Round Add()
    {
        var round = new Round(Voters);
        for (var i = 0; i < Voters; i++)
        {
            if (_rounds.Count > 0 && _rounds[^1].States[i] == VoterState.Canceled)
                round.States[i] = VoterState.Canceled;
        }

        _rounds.Add(round);
        return round;
    }

    private sealed class Round(int voters)
    {
        public VoterState[] States { get; } = new VoterState[voters];

        public int?[] Votes { get; } = new int?[voters];

        public bool AnyVote => Votes.Any(v => v is not null);

        public void Leave(int voter, int secondaries)
        {
            States[voter] = VoterState.Canceled;
            Votes[voter] = null;
            Decide(secondaries);
        }

        public void Decide(int secondaries)
        {
            var needed = secondaries < 2 ? 0 : (secondaries + 1) / 2;
            var agreed = Votes[0] is { } vote && Counted(vote) >= needed ? Votes[0] : null;
            if (agreed is null && CouldStillAgree(needed))
                return;
            for (var i = 0; i < States.Length; i++)
            {
                if (States[i] == VoterState.Undecided && Votes[i] is { } cast)
                    States[i] = cast == agreed ? VoterState.Committed : VoterState.Failed;
            }
        }

        private int Counted(int vote) => Votes.Skip(1).Count(v => v == vote);

        private bool CouldStillAgree(int needed)
        {
            var open = Enumerable.Range(1, States.Length - 1).Count(i => States[i] == VoterState.Undecided && Votes[i] is null);
            if (Votes[0] is { } primary)
                return Counted(primary) + open >= needed;
            var most = Votes.Skip(1).Where(v => v is not null).Select(v => Counted(v!.Value)).DefaultIfEmpty(0).Max();
            return States[0] == VoterState.Undecided && most + open >= needed;
        }
    }
}
