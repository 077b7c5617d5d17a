using System.Collections.Immutable;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>Groups D1 and D3 of the cases.</summary>
public sealed class TransactionTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 6)]
    [InlineData(4, 7)]
    [InlineData(5, 9)]
    public void The_primary_and_half_of_the_secondaries_must_agree(int secondaries, int threshold)
    {
        var electorate = Electorate.WithMandatoryPrimary("P", [.. Enumerable.Range(1, secondaries).Select(i => $"S{i}")]);
        Assert.Equal(threshold, electorate.Threshold);
        Assert.Equal(secondaries + 1, electorate.Voters[0].Weight);
        Assert.Null(electorate.Check());
    }

    [Theory]
    [InlineData("1 1", 3)]
    [InlineData("0", 0)]
    [InlineData("1 1 1", 1)]
    [InlineData("1 1 1 1", 2)]
    [InlineData("2 2 2 2", 4)]
    public void A_threshold_that_could_never_or_twice_be_reached_is_refused(string weights, int threshold)
    {
        var voters = Facts.List(weights).Select((w, i) => new Voter($"{i}", int.Parse(w))).ToImmutableArray();
        var wrong = Assert.Throws<ArgumentException>(() => new Transaction(new Electorate(voters, threshold)));
        Assert.StartsWith("transaction has invalid threshold", wrong.Message);
    }

    [Fact]
    public void An_electorate_needs_voters_of_different_names()
    {
        Assert.Equal("transaction requires at least one node", new Electorate([], 1).Check());
        Assert.Equal("transactions cannot have duplicate nodes", new Electorate([new("a", 1), new("a", 1)], 2).Check());
    }

    [Theory]
    [InlineData("1:foo", 1, "ok")]
    [InlineData("1:foo 1:foo", 2, "ok ok")]
    [InlineData("1:foo 1:bar", 2, "x x")]
    [InlineData("1:foo 1:foo 1:foo 1:foo", 4, "ok ok ok ok")]
    [InlineData("1:foo 1:foo 1:foo 1:bar", 4, "x x x x")]
    [InlineData("1:foo 1:bar 1:baz", 2, "x x x")]
    [InlineData("1:foo 0:bar", 1, "ok x")]
    [InlineData("1:foo 1:foo 1:bar", 2, "ok ok x")]
    [InlineData("3:foo 1:bar 1:bar", 3, "ok x x")]
    [InlineData("3:foo 1:bar 1:bar 1:bar 1:bar", 4, "x ok ok ok ok")]
    [InlineData("1:foo 0:", 1, "ok")]
    [InlineData("1:foo 1:foo 1:", 2, "ok ok")]
    public void Votes_reach_a_quorum_or_fail(string voters, int threshold, string results)
    {
        var parsed = Facts.List(voters).Select(v => v.Split(':')).ToArray();
        var transaction = new Transaction(new Electorate([.. parsed.Select((v, i) => new Voter($"{i}", int.Parse(v[0])))], threshold));
        var cast = parsed.Select((v, i) => (Name: $"{i}", Vote: v[1])).Where(v => v.Vote.Length > 0).ToArray();
        var rounds = cast.Select(v => (v.Name, transaction.Cast(v.Name, Bench.VoteFor(v.Vote), VotePhase.Prepared).Round!)).ToArray();
        Assert.Equal(results, Facts.Join(rounds.Select(r => r.Item2.ResultOf(r.Name).Answer == VoteAnswer.Commit ? "ok" : "x")));
    }

    [Theory]
    [InlineData("1:foo,bar 1:foo,bar", 2, "ok,ok ok,ok", "Committed Committed")]
    [InlineData("1:foo,bar 1:foo,rab", 2, "ok,x ok,x", "Failed Failed")]
    [InlineData("1:foo,bar,qux 0:foo,rab", 1, "ok,ok,ok ok,x", "Committed Canceled")]
    [InlineData("1:foo,bar,qux 1:foo,bar,qux 1:foo,rab", 2, "ok,ok,ok ok,ok,ok ok,x", "Committed Committed Canceled")]
    public void Each_vote_of_a_node_is_a_round_of_its_own(string voters, int threshold, string results, string final)
    {
        var parsed = Facts.List(voters).Select(v => v.Split(':')).Select(v => (Weight: int.Parse(v[0]), Votes: v[1].Split(','))).ToArray();
        var transaction = new Transaction(new Electorate([.. parsed.Select((v, i) => new Voter($"{i}", v.Weight))], threshold));
        var rounds = parsed.Select(_ => new List<Subtransaction>()).ToArray();
        for (var round = 0; round < parsed.Max(v => v.Votes.Length); round++)
        {
            for (var i = 0; i < parsed.Length; i++)
            {
                if (round < parsed[i].Votes.Length)
                    rounds[i].Add(transaction.Cast($"{i}", Bench.VoteFor(parsed[i].Votes[round]), VotePhase.Prepared).Round!);
            }
        }

        Assert.Equal(results, Facts.Join(rounds.Select((own, i) =>
            string.Join(',', own.Select(r => r.ResultOf($"{i}").Answer == VoteAnswer.Commit ? "ok" : "x")))));
        transaction.Cancel();
        Assert.Equal(final, Facts.Join(parsed.Select((_, i) => transaction.StateOf($"{i}").ToString()!)));
    }

    [Fact]
    public void A_canceled_transaction_stays_canceled_even_without_votes()
    {
        var transaction = Of("a", "b");
        transaction.Cancel();
        var (round, answer) = transaction.Cast("a", default, VotePhase.Prepared);
        Assert.Null(round);
        Assert.Equal(new VoteResult(VoteAnswer.Canceled, "transaction has been canceled"), answer);
        Assert.False(transaction.Stop());
    }

    [Fact]
    public void A_stopped_transaction_tells_waiting_and_later_voters_to_stop()
    {
        var transaction = Of("a", "b");
        var (round, _) = transaction.Cast("a", default, VotePhase.Prepared);
        for (var i = 0; i < 5; i++)
            Assert.True(transaction.Stop());
        Assert.True(round!.Decided.IsCompleted);
        Assert.Equal(VoteAnswer.Stop, round.ResultOf("a").Answer);
        Assert.Equal(VoteAnswer.Stop, transaction.Cast("b", default, VotePhase.Prepared).Answer!.Answer);
    }

    [Fact]
    public void Only_the_first_round_counts_as_having_voted()
    {
        var transaction = Of("a", "b");
        Assert.False(transaction.DidVote("unregistered"));
        Assert.False(transaction.DidVote("a"));
        transaction.Cast("a", default, VotePhase.Prepared);
        Assert.True(transaction.DidVote("a"));
        Assert.False(transaction.DidVote("b"));
        transaction.Cast("b", default, VotePhase.Prepared);
        Assert.True(transaction.DidVote("b"));
    }

    [Fact]
    public void A_canceled_voter_takes_no_part_in_later_rounds_but_a_failed_one_is_told_so()
    {
        var transaction = new Transaction(Electorate.WithMandatoryPrimary("P", ["S1", "S2"]));
        Assert.Null(transaction.CancelVoter("S2"));
        Assert.Equal("invalid node for transaction: \"x\"", transaction.CancelVoter("x"));
        transaction.Cast("P", Bench.VoteFor("1"), VotePhase.Prepared);
        transaction.Cast("S1", Bench.VoteFor("1"), VotePhase.Prepared);
        var (round, _) = transaction.Cast("P", Bench.VoteFor("2"), VotePhase.Committed);
        Assert.Equal(VoterState.Canceled, round!.StateOf("S2"));
        transaction.Cast("S1", Bench.VoteFor("other"), VotePhase.Committed);
        Assert.Equal(VoteAnswer.Abort, transaction.Cast("S1", Bench.VoteFor("3"), VotePhase.Committed).Answer!.Answer);
        Assert.Equal(VoteAnswer.Canceled, transaction.Cast("S2", default, VotePhase.Committed).Answer!.Answer);
        Assert.Equal(VoteAnswer.Invalid, transaction.Cast("x", default, VotePhase.Committed).Answer!.Answer);
    }

    [Fact]
    public void A_secondary_that_fails_after_all_was_agreed_leaves_the_others_committed()
    {
        var transaction = new Transaction(Electorate.WithMandatoryPrimary("P", ["S1", "S2"]));
        foreach (var storage in new[] { "P", "S1", "S2" })
            transaction.Cast(storage, default, VotePhase.Prepared);
        transaction.CancelVoter("S2");
        transaction.Cancel();
        Assert.Equal(VoterState.Committed, transaction.StateOf("P"));
        Assert.Equal(1, transaction.Rounds);
    }

    [Fact]
    public void A_preparing_vote_is_let_through_and_leaves_no_trace()
    {
        var transaction = new Transaction(Electorate.WithMandatoryPrimary("P", ["S1", "S2"]));
        Assert.Equal(VoteResult.Commit, transaction.Cast("P", Bench.VoteFor("1"), VotePhase.Preparing).Answer);
        Assert.Equal(0, transaction.Rounds);
        Assert.False(transaction.DidVote("P"));
        // Older nodes never say that they prepare; a committed vote without an earlier one is normal.
        Assert.NotNull(transaction.Cast("S1", Bench.VoteFor("1"), VotePhase.Committed).Round);
    }

    private static Transaction Of(params string[] voters) =>
        new(new Electorate([.. voters.Select(v => new Voter(v, 1))], voters.Length));
}
