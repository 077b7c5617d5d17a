using Praefect.Grains.Election;

namespace Praefect.Grains.Tests.Election;

/// <summary>Group M of the cases, without deletion of replicas. Steps read "healthy>primary", "?" for none.</summary>
public sealed class PrimaryElectionTests
{
    [Theory]
    [InlineData("g1:1 g2:0", null, "g1,g2,g3>g1")]
    [InlineData("g1:1 g2:0", null, "g2,g3>?")]
    [InlineData("g1:0", null, "g2,g3>?")]
    [InlineData("g1:1 g2:1 g3:0", null, "g1,g3>g1 g2,g3>g2")]
    [InlineData("g1:1 g3:0", null, "g1,g2,g3>g1 g2,g3>g1")]
    [InlineData("g1:2 g2:2 g3:2", "g1 g2", "g1,g3>g1 g2,g3>g2")]
    [InlineData("g1:2 g2:2", "g1", "g1,g2,g3>g1 g2,g3>g2")]
    [InlineData("g1:2 g2:2", "g1", "g2,g3>g2 g1,g2,g3>g1")]
    [InlineData("g1:1 g2:2", "g1", "g2,g3>g2 g1,g2,g3>g2")]
    [InlineData("g1:1 g2:0", "g1", "g1,g2,g3>g1 g2,g3>g1")]
    public void A_primary_is_elected_among_assigned_healthy_up_to_date_replicas(string replicas, string? assigned, string steps)
    {
        var record = Facts.Record(replicas, primary: null, assigned);
        foreach (var step in Facts.List(steps))
        {
            var (healthy, then) = (step.Split('>')[0].Split(',').ToHashSet(), step.Split('>')[1]);
            record = record with { Primary = PrimaryElection.Elect(record, ["g1", "g2", "g3"], healthy, new FixedRandom()) };
            Assert.Equal(then == "?" ? null : then, record.Primary);
        }
    }

    [Theory]
    [InlineData("g1 g2", "g1")]
    [InlineData("g2", "g2")]
    [InlineData("g3", "g1")]
    [InlineData("", "g1")]
    public void A_call_with_a_second_repository_is_led_by_a_storage_that_has_both_if_there_is_one(string beside, string then)
    {
        var record = Facts.Record("g1:1 g2:1 g3:0", primary: "g1");
        var healthy = new HashSet<string> { "g1", "g2", "g3" };
        Assert.Equal(then, PrimaryElection.Elect(record, ["g1", "g2", "g3"], healthy, new FixedRandom(), Facts.List(beside)));
    }

    [Theory]
    [InlineData(0, "g1")]
    [InlineData(1, "g2")]
    public void Among_several_candidates_chance_decides(int pick, string then)
    {
        var random = new FixedRandom(pick);
        var record = Facts.Record("g1:0 g2:0", primary: null);
        Assert.Equal(then, PrimaryElection.Elect(record, ["g1", "g2", "g3"], new HashSet<string> { "g1", "g2", "g3" }, random));
        Assert.Equal(2, Assert.Single(random.Asked));
    }
}
