using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Tests.Repair;

/// <summary>Group I of the cases. Replicas of three configured storages and one that is not, U; those behind "A" are assigned. "u" are copies, "d" removals.</summary>
public sealed class SurplusRulesTests
{
    [Theory]
    [InlineData(2, "1 2 3", "1:0 2:0 3:0", null, "")]
    [InlineData(3, "1 2 3", "1:1 2:0", null, "u2 u3")]
    [InlineData(5, "2 3", "1:1 2:0", null, "")]
    [InlineData(6, "1 3", "1:1 2:0", null, "u3")]
    [InlineData(7, "1 2", "1:1 2:0", null, "u2")]
    [InlineData(13, "1 2 3", "1:1 3:0", "2 3", "u2 u3")]
    [InlineData(14, "1 2 3", "1:1 3:0", "1 2 3", "u2 u3")]
    [InlineData(15, "1 2 3", "1:2 3:0", "1", "d3")]
    [InlineData(16, "1 2 3", "1:2 2:0 3:0", "1", "d2")]
    [InlineData(17, "1 2 3", "1:0", "1", "")]
    [InlineData(18, "1 2 3", "1:0 2:0 3:0", "1 2", "d3")]
    [InlineData(19, "1 2 3", "2:0", "1", "u1")]
    [InlineData(20, "1 2", "3:0", "1", "")]
    [InlineData(21, "1 2 3", "1:0 2:1", "1", "u1")]
    [InlineData(28, "1 2 3", "1:0 2:0", "1", "d2")]
    [InlineData(29, "1 2 3", "1:0 U:1", "1", "")]
    [InlineData(30, "1 2 3", "1:0 U:1", null, "")]
    [InlineData(31, "1 2 3", "U:1", "1", "")]
    [InlineData(32, "1 2 3", "U:1", null, "")]
    [InlineData(36, "1 2 3", "1:1 2:0", "1", "d2")]
    public void Copies_and_removals_follow_from_the_record(int number, string healthy, string replicas, string? assigned, string then) =>
        Assert.Equal((number, then), (number, Work(Facts.Record(replicas, "1", assigned), healthy, _ => false)));

    [Theory]
    [InlineData("22 to 27: a copy to or from it runs", "1 2 3", "1:0 2:0", "1", "2", "")]
    [InlineData("28: a copy of another replica runs", "1 2 3", "1:0 2:0", "1", "3", "d2")]
    [InlineData("the furthest behind goes first", "1 2 3", "1:2 2:1 3:0", "1", "", "d3")]
    [InlineData("a storage that is down keeps its replica", "1 2", "1:2 2:1 3:0", "1", "", "d2")]
    [InlineData("an assigned storage that is down keeps the others", "1 3", "1:0 2:0 3:0", "1 2", "", "")]
    [InlineData("an assignment that is not configured does not block", "1 2 3", "1:0 2:0", "1 U", "", "d2")]
    [InlineData("only such assignments: all configured are to have it", "1 2 3", "1:0 2:0 3:0", "U", "", "")]
    public void A_removal_waits_while_the_replica_may_be_needed(string why, string healthy, string replicas, string? assigned, string busy, string then) =>
        Assert.Equal((why, then), (why, Work(Facts.Record(replicas, "1", assigned), healthy, s => s == busy)));

    [Fact]
    public void Nothing_is_removed_while_a_write_is_open_nor_the_primary()
    {
        var record = Facts.Record("1:0 2:0", "1", "1");
        Assert.Equal("", Work(record.WithOpenWrite(7, ["1"]), "1 2 3", _ => false));
        Assert.Equal("", Work(record with { Primary = "2" }, "1 2 3", _ => false));
        Assert.Equal("", Work(record with { Generation = 0, Replicas = [.. record.Replicas, new ReplicaRecord("U", 1, null)] }, "1 2 3", _ => false));
    }

    private static string Work(RepositoryRecord record, string healthy, Func<string, bool> busy)
    {
        var view = Facts.View(healthy, configured: "1 2 3");
        var copies = RepairPlan.Make(record, view).Select(step => "u" + step.Target);
        return Facts.Join(SurplusRules.Next(record, view, busy) is { } removed ? copies.Append("d" + removed) : copies);
    }
}
