using System.Collections.Immutable;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>Group D2 of the cases. Seats read as "a" (voted a), "-" (has not voted), "Co", "Fa", "Ca", "St" (ended).</summary>
public sealed class SubtransactionTests
{
    [Theory]
    [InlineData("-", 1, "Co", "")]
    [InlineData("a", 1, "Un", "node already cast a vote: \"1\"")]
    [InlineData("Ca", 1, "Ca", "updating state of node \"1\": transaction has been canceled")]
    [InlineData("St", 1, "St", "updating state of node \"1\": transaction has been stopped")]
    [InlineData("- a a", 1, "Co Co Co", "")]
    [InlineData("- - a", 3, "Un Un Un", "")]
    [InlineData("- a b", 3, "Fa Fa Fa", "")]
    [InlineData("- a b", 2, "Co Co Fa", "")]
    [InlineData("- b c -", 3, "Fa Fa Fa Un", "")]
    public void A_vote_decides_as_soon_as_it_can(string seats, int threshold, string states, string error)
    {
        var round = Round(seats, threshold);

        var refusal = round.Cast("1", Bench.VoteFor("a"));

        Assert.Equal(error, refusal?.Message ?? string.Empty);
        Assert.Equal(states, States(round, seats));
    }

    [Fact]
    public void The_zero_vote_is_a_vote()
    {
        var round = Round("-", 1);
        Assert.Null(round.Cast("1", default));
        Assert.Equal(VoterState.Committed, round.StateOf("1"));
    }

    [Fact]
    public void A_vote_that_waits_for_others_is_recorded()
    {
        var round = Round("- - a", 3);
        round.Cast("1", Bench.VoteFor("a"));
        Assert.True(round.DidVote("1"));
        Assert.False(round.DidVote("2"));
        Assert.False(round.Decided.IsCompleted);
    }

    [Theory]
    [InlineData("a", 1, true)]
    [InlineData("-", 1, false)]
    [InlineData("a a a", 3, true)]
    [InlineData("a b c", 3, true)]
    [InlineData("a b b", 2, true)]
    [InlineData("- a a", 2, true)]
    [InlineData("- b b", 3, false)]
    public void Waiting_voters_are_released_as_soon_as_the_outcome_is_certain(string votes, int threshold, bool released)
    {
        var cast = Facts.List(votes);
        var round = Round(Facts.Join(cast.Select(_ => "-")), threshold);
        for (var i = 0; i < cast.Length; i++)
        {
            if (cast[i] != "-")
                Assert.Null(round.Cast($"{i + 1}", Bench.VoteFor(cast[i])));
        }

        Assert.Equal(released, round.Decided.IsCompleted);
    }

    [Theory]
    [InlineData("- - -", true, false)]
    [InlineData("Ca Ca -", false, false)]
    [InlineData("a b -", true, false)]
    [InlineData("a a -", true, true)]
    [InlineData("a a b", true, true)]
    [InlineData("a b c", false, false)]
    public void A_quorum_is_possible_as_long_as_outstanding_votes_can_bring_it(string seats, bool possible, bool reached)
    {
        var round = Round(seats, 2);
        Assert.Equal(possible, round.QuorumPossible);
        Assert.Equal(reached, round.HasQuorum);
    }

    [Theory]
    [InlineData("1a! 1a 1b", "Ca|Fa got 1/2|Fa got 1/2")]
    [InlineData("1a! 1a 1a", "Ca|Co|Co")]
    [InlineData("1a 1a 1a!", "Co|Co|Co")]
    [InlineData("2a! 1a 1a", "Ca|Fa got 2/3|Fa got 2/3")]
    [InlineData("2a 1a! 1b", "Co|Co|Fa got 1/3")]
    public void A_voter_that_stops_waiting_withdraws_its_vote_unless_it_is_decided(string voters, string results)
    {
        var parsed = Facts.List(voters);
        var electorate = parsed.Select((v, i) => new Voter((i + 1).ToString(), v[0] - '0')).ToImmutableArray();
        var round = new Subtransaction(new Electorate(electorate, (electorate.Sum(v => v.Weight) / 2) + 1));
        for (var i = 0; i < parsed.Length; i++)
        {
            Assert.Null(round.Cast((i + 1).ToString(), Bench.VoteFor(parsed[i][1..2])));
            if (!parsed[i].EndsWith('!'))
                continue;
            var decided = round.StateOf((i + 1).ToString()) == VoterState.Committed;
            Assert.Equal(decided ? "cancel vote: cannot change committed vote" : null, round.CancelVoter((i + 1).ToString()));
        }

        Assert.True(round.Decided.IsCompleted);
        Assert.Equal(results, string.Join('|', electorate.Select(v => Short(round, v.Name))));
    }

    [Theory]
    [InlineData("-", "Ca", null)]
    [InlineData("a", "Ca", null)]
    [InlineData("Ca", "Ca", "cancel vote: transaction has been canceled")]
    [InlineData("St", "St", "cancel vote: transaction has been stopped")]
    [InlineData("Co", "Co", "cancel vote: cannot change committed vote")]
    public void Only_an_undecided_voter_can_be_canceled_and_leaves_no_vote(string seat, string state, string? refusal)
    {
        var round = Round(seat, 1);
        Assert.Equal(refusal, round.CancelVoter("1"));
        Assert.Equal(state, States(round, seat));
        Assert.False(round.DidVote("1"));
    }

    [Fact]
    public void A_result_tells_the_state_and_a_node_that_is_no_voter()
    {
        var round = Round("- Co Ca St", 4);
        Assert.Null(round.StateOf("missingNode"));
        Assert.Equal("invalid node for transaction: \"missingNode\"", round.ResultOf("missingNode").Message);
        var answers = Enumerable.Range(1, 4).Select(i => round.ResultOf($"{i}").Answer);
        Assert.Equal([VoteAnswer.Invalid, VoteAnswer.Commit, VoteAnswer.Canceled, VoteAnswer.Stop], answers);
    }

    [Fact]
    public void Canceling_ends_whoever_is_undecided_and_releases_all()
    {
        var round = Round("- Co Fa Ca", 3);
        round.Cancel();
        Assert.True(round.Decided.IsCompleted);
        Assert.Equal("Ca Co Fa Ca", States(round, "- Co Fa Ca"));
    }

    [Fact]
    public void Stopping_ends_whoever_is_undecided_and_a_second_stop_is_told_apart()
    {
        var round = Round("- Co Fa Ca", 3);
        Assert.True(round.Stop());
        Assert.Equal("St Co Fa Ca", States(round, "- Co Fa Ca"));
        Assert.False(round.Stop());
        Assert.Equal(VoteAnswer.Stop, round.ResultOf("1").Answer);
    }

    [Fact]
    public void A_round_whose_voters_are_all_canceled_can_be_stopped_and_a_stopped_one_cannot()
    {
        var canceled = Round("Ca", 1);
        Assert.True(canceled.Stop());
        Assert.True(canceled.Decided.IsCompleted);
        var stopped = Round("St", 1);
        Assert.False(stopped.Stop());
        Assert.False(stopped.Decided.IsCompleted);
    }

    [Fact]
    public void Canceled_voters_release_the_others_only_when_no_quorum_is_left()
    {
        var round = Round("- - -", 2);
        Assert.Null(round.CancelVoter("1"));
        Assert.False(round.Decided.IsCompleted);
        Assert.Null(round.CancelVoter("2"));
        Assert.True(round.Decided.IsCompleted);
    }

    [Fact]
    public void A_canceled_voter_can_release_the_others()
    {
        var round = Round("a b -", 2);
        Assert.False(round.Decided.IsCompleted);
        Assert.Null(round.CancelVoter("3"));
        Assert.True(round.Decided.IsCompleted);
        Assert.Equal("cancel vote: transaction has been canceled", round.CancelVoter("3"));
        Assert.Equal("invalid node for subtransaction: \"4\"", round.CancelVoter("4"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(500)]
    [InlineData(1000)]
    public void A_thousand_voters_all_commit(int threshold)
    {
        var electorate = new Electorate([.. Enumerable.Range(0, 1000).Select(i => new Voter($"{i}", 1))], threshold);
        var round = new Subtransaction(electorate);
        Assert.All(electorate.Voters, v => Assert.Null(round.Cast(v.Name, Bench.VoteFor("a"))));
        Assert.All(electorate.Voters, v => Assert.Equal(VoterState.Committed, round.StateOf(v.Name)));
    }

    private static Subtransaction Round(string seats, int threshold) => new(
        Facts.List(seats).Select((text, i) => (new Voter((i + 1).ToString(), 1), text.Length == 1 && text != "-" ? Bench.VoteFor(text) : (Vote?)null, State(text))),
        threshold);

    private static VoterState State(string text) => text switch
    {
        "Co" => VoterState.Committed,
        "Fa" => VoterState.Failed,
        "Ca" => VoterState.Canceled,
        "St" => VoterState.Stopped,
        _ => VoterState.Undecided,
    };

    private static string States(Subtransaction round, string seats) =>
        string.Join(' ', Facts.List(seats).Select((_, i) => round.StateOf((i + 1).ToString()).ToString()![..2]));

    private static string Short(Subtransaction round, string voter)
    {
        var text = round.StateOf(voter).ToString()![..2];
        var message = round.ResultOf(voter).Message;
        return text == "Fa" ? $"{text} {message.Split("quorum: ")[1].Split(" votes")[0]}" : text;
    }
}
