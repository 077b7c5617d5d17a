using System.Collections.Immutable;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Transactions;

/// <summary>Group C1 of the cases. A node reads as state and end: "Co", "Fa", "Co!any" (broken), "Co!13:text" (status).</summary>
public sealed class WriteRulesTests
{
    private const string G = "!2:error";

    [Theory]
    [InlineData(1, "Co", "", "", 1, true, true, "", "")]
    [InlineData(2, "Fa", "", "", 1, false, false, "", "")]
    [InlineData(3, "-!any", "", "", 0, false, false, "", "")]
    [InlineData(4, "-" + G, "", "", 0, false, false, "", "")]
    [InlineData(5, "-", "", "", 0, false, true, "", "")]
    [InlineData(6, "Co", "", "R", 1, true, true, "", "R=outdated")]
    [InlineData(7, "Fa", "", "", 1, false, false, "", "")]
    [InlineData(9, "Co" + G, "", "R", 1, true, true, "", "R=outdated")]
    [InlineData(10, "Co!any", "", "R", 1, false, false, "", "")]
    [InlineData(11, "Co" + G, "", "R", 1, false, false, "", "")]
    [InlineData(12, "-", "", "R", 0, false, true, "", "R=outdated")]
    [InlineData(13, "Co", "s1=Co s2=Co", "", 1, true, true, "s1 s2", "")]
    [InlineData(17, "Co" + G, "s1=Co" + G + " s2=Co" + G, "", 1, true, true, "s1 s2", "")]
    [InlineData(18, "Co!13:some", "s1=Co!13:some", "", 1, true, true, "s1", "")]
    [InlineData(22, "Co", "s1=Co" + G + " s2=Co", "", 1, true, true, "s2", "s1=node-error-status")]
    [InlineData(24, "Co", "s1=Fa s2=Co", "", 1, true, true, "s2", "s1=node-not-committed")]
    [InlineData(25, "Fa", "s1=Fa s2=Co", "", 1, true, true, "", "s1=primary-not-committed s2=primary-not-committed")]
    [InlineData(26, "Fa", "s1=Fa s2=Co", "", 1, false, false, "", "")]
    [InlineData(27, "Fa", "s1=Fa s2=Co", "", 0, false, true, "", "s1=no-votes s2=no-votes")]
    [InlineData(28, "Co", "s1=Fa s2=Co", "R1 R2", 1, true, true, "s2", "s1=node-not-committed R1=outdated R2=outdated")]
    [InlineData(29, "Co", "s1=Fa s2=Co" + G, "R1 R2", 1, true, true, "", "s1=node-not-committed s2=node-error-status R1=outdated R2=outdated")]
    [InlineData(30, "Co", "s1=Co!any s2=Co", "", 1, true, true, "s2", "s1=node-error-status")]
    public void Who_is_outdated(
        int number, string primary, string secondaries, string targets, int rounds, bool voted, bool dirty, string updated, string outdated)
    {
        var facts = Facts(primary, secondaries, targets, rounds, voted);

        Assert.False(WriteRules.IsInDoubt(facts), $"case {number}");
        var verdict = WriteRules.Decide(facts);

        Assert.Equal(dirty, verdict.Dirty);
        Assert.Equal(updated, string.Join(' ', verdict.Updated));
        Assert.Equal(outdated, string.Join(' ', verdict.Outdated.Select(o => $"{o.Storage}={o.Reason}")));
    }

    [Theory]
    [InlineData(8, "", "R")]
    [InlineData(14, "s1=Co s2=Co", "")]
    [InlineData(16, "s1=Co!any s2=Co!any", "")]
    public void A_primary_that_broke_after_an_agreed_vote_is_in_doubt_where_praefect_marks_all_others_outdated(int number, string secondaries, string targets)
    {
        Assert.True(WriteRules.IsInDoubt(Facts("Co!any", secondaries, targets, 1, voted: true)), $"case {number}");
    }

    [Theory]
    [InlineData(15, "Co" + G, "s1=Co s2=Co")]
    [InlineData(19, "Co!13:some", "s1=Co!9:some")]
    [InlineData(20, "Co!13:some", "s1=Co!13:different")]
    [InlineData(21, "Co" + G, "s1=Co!2:other s2=Co" + G)]
    [InlineData(23, "Co" + G, "s1=Co" + G + " s2=Co")]
    public void A_primary_that_fails_alone_after_an_agreed_vote_is_in_doubt_where_praefect_marks_others_outdated(int number, string primary, string secondaries) =>
        Assert.True(WriteRules.IsInDoubt(Facts(primary, secondaries, string.Empty, 1, voted: true)), $"case {number}");

    [Theory]
    [InlineData("Ca!14:stopping")]
    [InlineData("Ca!1:stopping")]
    [InlineData("Ca!13:signal")]
    public void A_primary_that_fails_while_its_vote_is_undecided_changed_nothing(string primary)
    {
        var facts = Facts(primary, "s1=Fa s2=Fa", "R", 1, voted: true);
        Assert.False(WriteRules.IsInDoubt(facts));
        Assert.False(WriteRules.Decide(facts).Dirty);
    }

    [Theory]
    [InlineData("Fa!14:stopping", true)]
    [InlineData("Fa!1:stopping", true)]
    [InlineData("Fa!13:no quorum", false)]
    public void A_primary_that_goes_away_after_it_disagreed_is_in_doubt(string primary, bool doubt) =>
        Assert.Equal(doubt, WriteRules.IsInDoubt(Facts(primary, "s1=Fa s2=Fa", string.Empty, 1, voted: true) with { PrimaryDisagreed = true }));

    [Fact]
    public void A_primary_that_broke_before_any_agreed_vote_changed_nothing()
    {
        var facts = Facts("Ca!any", "s1=Fa s2=Fa", "R", 1, voted: true);
        Assert.False(WriteRules.IsInDoubt(facts));
        Assert.False(WriteRules.Decide(facts).Dirty);
    }

    [Fact]
    public void A_primary_that_broke_after_it_disagreed_is_in_doubt() =>
        Assert.True(WriteRules.IsInDoubt(Facts("Fa!any", "s1=Fa s2=Fa", string.Empty, 1, voted: true) with { PrimaryDisagreed = true }));

    [Fact]
    public void A_call_that_does_not_vote_outdates_all_others_even_when_it_failed()
    {
        var verdict = WriteRules.Decide(Facts("-!13:x", string.Empty, "S1 S2", 0, voted: false) with { Votes = false });
        Assert.True(verdict.Dirty);
        Assert.Equal(2, verdict.Outdated.Length);
    }

    [Fact]
    public void A_call_that_does_not_vote_and_broke_is_in_doubt() =>
        Assert.True(WriteRules.IsInDoubt(Facts("-!any", string.Empty, "S1", 0, voted: false) with { Votes = false }));

    [Fact]
    public void A_declined_write_that_nobody_agreed_to_changed_nothing() =>
        Assert.False(WriteRules.Decide(Facts("-", "s1=- s2=-", string.Empty, 0, voted: false) with { Stopped = true }).Dirty);

    [Fact]
    public void Without_the_votes_of_the_primary_all_others_are_outdated() =>
        Assert.Equal("missing-tx-state", WriteRules.Decide(Facts("-", "s1=Co", string.Empty, 2, voted: true)).Outdated.Single().Reason);

    private static WriteFacts Facts(string primary, string secondaries, string targets, int rounds, bool voted)
    {
        var node = Node("P", primary);
        var others = Tests.Facts.List(secondaries).Select(s => s.Split('=', 2)).Select(s => Node(s[0], s[1])).ToImmutableArray();
        var agreed = voted && node.State == VoterState.Committed;
        return new WriteFacts(true, rounds, voted, agreed, false, false, node, others, Tests.Facts.List(targets));
    }

    private static NodeFacts Node(string name, string text)
    {
        var parts = text.Split('!', 2);
        VoterState? state = parts[0] switch
        {
            "Co" => VoterState.Committed,
            "Fa" => VoterState.Failed,
            "Ca" => VoterState.Canceled,
            _ => null,
        };
        if (parts.Length == 1)
            return new NodeFacts(new NodeOutcome(name, 0, string.Empty, Broken: false), state);
        if (parts[1] == "any")
            return new NodeFacts(new NodeOutcome(name, 0, string.Empty, Broken: true), state);
        var status = parts[1].Split(':', 2);
        return new NodeFacts(new NodeOutcome(name, int.Parse(status[0]), status[1], Broken: false), state);
    }
}
