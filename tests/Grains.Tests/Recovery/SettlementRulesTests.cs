using Praefect.Grains.Recovery;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Tests.Recovery;

public sealed class SettlementRulesTests
{
    [Theory]
    // All have the write, or none has: nothing is behind, and one that did not fail leads.
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a S2=a", "S1: P4 S14 S24")]
    // Its word is one of several.
    [InlineData("P:4 S1:4 S2:4", "P=a S1=b S2=b", "S1: P4 S15 S25")]
    [InlineData("P:4 S1:4", "P=a S1=b", "S1: P4 S15")]
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a S2=b", "S1: P5 S15 S24")]
    // It is not waited for, and carries on where nobody else can.
    [InlineData("P:4 S1:4 S2:4", "P=late S1=a S2=a", "S1: P4 S15 S25")]
    [InlineData("P:4 S1:4 S2:4", "P=a", "P: P5 S14 S24")]
    public void A_primary_that_failed_alone_decides_and_leads_only_where_nobody_else_can(string replicas, string reports, string then)
    {
        var settled = SettlementRules.Settle(
            Facts.Record(replicas), ["P", "S1", "S2"], Reports(reports), Facts.List("P S1 S2").ToHashSet(), new HashSet<ulong>(), new HashSet<string> { "P" })!;
        Assert.Equal(then, $"{settled.Primary}: {Facts.Join(settled.Replicas.Select(r => $"{r.Storage}{r.Generation}"))}");
    }

    [Theory]
    // Everybody agrees: nothing changes.
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a S2=a", "", "P: P4 S14 S24")]
    // The primary's word counts, even alone.
    [InlineData("P:4 S1:4 S2:4", "P=a S1=b S2=b", "", "P: P5 S14 S24")]
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a S2=b", "", "P: P5 S15 S24")]
    // Who does not answer is behind, whatever it holds.
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a", "", "P: P5 S15 S24")]
    [InlineData("P:4 S1:4 S2:4", "S1=a S2=a", "", "S1: P4 S15 S25")]
    // Without the primary the largest group carries on, then the one that committed, then the configured order.
    [InlineData("P:4 S1:4 S2:4 S3:4", "S1=a S2=b S3=b", "", "S2: P4 S14 S25 S35")]
    [InlineData("P:4 S1:4 S2:4", "S1=a S2=b", "S2", "S2: P4 S14 S25")]
    [InlineData("P:4 S1:4 S2:4", "S1=a S2=b", "", "S1: P4 S15 S24")]
    // Who is behind has no say.
    [InlineData("P:4 S1:3 S2:4", "S1=a S2=b", "", "S2: P4 S13 S25")]
    [InlineData("P:3 S1:4 S2:4", "P=a S1=b S2=b", "", "S1: P3 S14 S24")]
    // A primary without the repository cannot lead.
    [InlineData("P:4 S1:4 S2:4", "P=none S1=a S2=a", "", "S1: P4 S15 S25")]
    // Nobody answers, or the primary still may: undecided.
    [InlineData("P:4 S1:4 S2:4", "", "", "undecided")]
    [InlineData("P:4 S1:3 S2:3", "S1=a S2=a", "", "undecided")]
    [InlineData("P:4 S1:4 S2:4", "P=late S1=a S2=a", "", "undecided")]
    [InlineData("P:4 S1:4 S2:4", "P=a S1=a S2=late", "", "P: P5 S15 S24")]
    public void Replicas_that_agree_carry_on(string replicas, string reports, string committed, string then)
    {
        var record = Facts.Record(replicas).WithOpenWrite(7, ["P", "S1", "S2"]).WithOpenWrite(8, ["P"]);
        var settled = SettlementRules.Settle(
            record, ["P", "S1", "S2", "S3"], Reports(reports), Facts.List(committed).ToHashSet(), new HashSet<ulong> { 7 }, new HashSet<string>());

        var text = settled is null
            ? "undecided"
            : $"{settled.Primary}: {Facts.Join(settled.Replicas.Select(r => $"{r.Storage}{r.Generation}"))}";
        Assert.Equal(then, text);
        if (settled is not null)
            Assert.Equal(8UL, Assert.Single(settled.OpenWrites).TransactionId);
    }

    [Fact]
    public void The_new_primary_is_an_assigned_one_if_any_agrees()
    {
        var record = Facts.Record("P:4 S1:4 S2:4", "P", "P S2");
        var settled = SettlementRules.Settle(record, ["P", "S1", "S2"], Reports("S1=a S2=a"), new HashSet<string>(), new HashSet<ulong>(), new HashSet<string>());
        Assert.Equal("S2", settled!.Primary);
    }

    private static Dictionary<string, ReplicaReport> Reports(string text) =>
        Facts.List(text).Select(r => r.Split('=')).ToDictionary(r => r[0], r => r[1] switch
        {
            "none" => ReplicaReport.Missing,
            "late" => ReplicaReport.Late,
            var sum => ReplicaReport.Of(sum),
        });
}
