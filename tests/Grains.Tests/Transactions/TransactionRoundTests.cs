using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>Groups D1 and D3 of the cases: what happens to the rounds of a transaction when it is canceled or stopped, and when voters are.</summary>
public sealed class TransactionRoundTests
{
    /// <summary>Where nobody voted there is no round, and so no state: the write counts as one without votes.</summary>
    [Theory]
    [InlineData("1:", 1, "-")]
    [InlineData("1: 1:", 2, "- -")]
    [InlineData("1:foo 0:", 1, "Committed Canceled")]
    [InlineData("1:foo 1:foo 1:", 2, "Committed Committed Canceled")]
    public void A_cancellation_ends_absent_voters_and_leaves_committed_ones(string voters, int threshold, string final)
    {
        var parsed = Facts.List(voters).Select(v => v.Split(':')).ToArray();
        var transaction = new Transaction(new Electorate([.. parsed.Select((v, i) => new Voter($"{i}", int.Parse(v[0])))], threshold));
        foreach (var (vote, i) in parsed.Select((v, i) => (v[1], i)).Where(v => v.Item1.Length > 0))
            transaction.Cast($"{i}", Bench.VoteFor(vote), VotePhase.Prepared);

        transaction.Cancel();

        Assert.Equal(final, Facts.Join(parsed.Select((_, i) => transaction.StateOf($"{i}")?.ToString() ?? "-")));
    }

    [Fact]
    public void A_voter_that_goes_away_while_it_waits_for_another_is_canceled()
    {
        var transaction = new Transaction(new Electorate([new("a", 1), new("b", 1)], 2));
        var (round, _) = transaction.Cast("a", default, VotePhase.Prepared);
        Assert.False(round!.Decided.IsCompleted);
        Assert.Null(round.CancelVoter("a"));
        Assert.Equal(VoteAnswer.Canceled, round.ResultOf("a").Answer);
        Assert.Equal(VoteAnswer.Abort, transaction.Cast("b", default, VotePhase.Prepared).Round!.ResultOf("b").Answer);
    }

    [Fact]
    public void A_stop_leaves_who_has_committed_and_stops_the_rest()
    {
        var transaction = new Transaction(new Electorate([new("a", 2), new("b", 1)], 2));
        transaction.Cast("a", default, VotePhase.Prepared);
        Assert.True(transaction.Stop());
        Assert.Equal(VoteAnswer.Stop, transaction.Cast("b", default, VotePhase.Prepared).Answer!.Answer);
        Assert.Equal((VoterState.Committed, VoterState.Stopped), (transaction.StateOf("a"), transaction.StateOf("b")));
    }

    [Fact]
    public void Pending_are_the_rounds_in_which_a_node_is_still_expected()
    {
        var transaction = Of("P", "S1", "S2");
        Assert.Empty(transaction.PendingOf("S2"));
        var first = transaction.Cast("P", default, VotePhase.Prepared).Round!;
        Assert.Equal([first], transaction.PendingOf("S2").ToArray());
        transaction.Cast("S1", default, VotePhase.Prepared);
        Assert.Empty(transaction.PendingOf("P"));
        var second = transaction.Cast("P", default, VotePhase.Committed).Round!;
        Assert.Equal([second], transaction.PendingOf("P").ToArray());
        Assert.Equal([first, second], transaction.PendingOf("S2").ToArray());
        transaction.Cast("S2", default, VotePhase.Prepared);
        Assert.Equal([second], transaction.PendingOf("S2").ToArray());
    }

    [Theory]
    [InlineData("", "Undecided Undecided Undecided Undecided")]
    [InlineData("c", "Undecided Undecided Canceled Undecided")]
    [InlineData("c d", "Undecided Undecided Canceled Canceled")]
    public void A_new_round_is_open_to_all_but_voters_canceled_before(string canceled, string states)
    {
        var transaction = new Transaction(new Electorate([new("a", 2), new("b", 1), new("c", 1), new("d", 1)], 3));
        var gone = Facts.List(canceled);
        Assert.All(gone, voter => Assert.Null(transaction.CancelVoter(voter)));
        var names = Facts.List("a b c d");
        foreach (var voter in names.Except(gone))
            transaction.Cast(voter, default, VotePhase.Prepared);

        var round = transaction.Cast("a", default, VotePhase.Committed).Round!;

        Assert.Equal(states, Facts.Join(names.Select(voter => round.StateOf(voter).ToString()!)));
    }

    [Fact]
    public void A_canceled_voter_is_canceled_in_the_last_round_which_is_made_where_there_is_none()
    {
        var transaction = Of("P", "S1", "S2");
        Assert.Null(transaction.CancelVoter("S2"));
        Assert.Equal(0, transaction.Rounds);
        Assert.Equal(VoterState.Canceled, transaction.Cast("P", default, VotePhase.Prepared).Round!.StateOf("S2"));
    }

    [Fact]
    public void A_voter_that_is_behind_by_two_rounds_is_canceled_in_both()
    {
        var transaction = Of("P", "S1", "S2");
        var first = transaction.Cast("P", default, VotePhase.Prepared).Round!;
        transaction.Cast("S1", default, VotePhase.Prepared);
        var second = transaction.Cast("P", default, VotePhase.Committed).Round!;

        Assert.Null(transaction.CancelVoter("S2"));

        Assert.Equal((VoterState.Canceled, VoterState.Canceled), (first.StateOf("S2"), second.StateOf("S2")));
        // What was decided for the others stands.
        Assert.Equal((VoterState.Committed, VoterState.Committed), (first.StateOf("P"), first.StateOf("S1")));
        Assert.Equal((VoterState.Undecided, VoterState.Undecided), (second.StateOf("P"), second.StateOf("S1")));
    }

    private static Transaction Of(string primary, params string[] secondaries) => new(Electorate.WithMandatoryPrimary(primary, [.. secondaries]));
}
