using Praefect.Grains.Explain;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests.Explain;

public sealed class ReplicaReasonsTests
{
    [Theory]
    [InlineData("P:1 S1:1", "P S1 S2", null, "serves reads and writes")]
    [InlineData("P:1 S1:0", "S1 S2", null, "unavailable: no up-to-date replica is on a healthy storage")]
    [InlineData("P:0 S1:1", "P S1 S2", "P", "serves reads only: no assigned storage is up to date and healthy, so none can be primary of a write")]
    public void The_state_says_what_is_possible(string replicas, string healthy, string? assigned, string then) =>
        Assert.Equal(then, ReplicaReasons.State(Facts.Record(replicas, "P", assigned), Facts.View(healthy), settling: false));

    [Theory]
    [InlineData("P", "yes")]
    [InlineData("S1", "no: its replica is at generation 0, the repository at 1")]
    [InlineData("S2", "no: it has no replica")]
    [InlineData("S3", "no: it is not healthy")]
    [InlineData("S4", "no: replicas agreed on a write that it did not take, and whose outcome is not recorded yet")]
    [InlineData("U", "no: the storage is not configured")]
    public void Reads_are_explained_by_the_rule_that_decides(string storage, string then)
    {
        var view = Facts.View("P S1 S2 S4", configured: "P S1 S2 S3 S4");
        var record = Facts.Record("P:1 S1:0 S3:1 S4:1 U:1");
        Assert.Equal(then, ReplicaReasons.Reads(record, view, storage, s => s != "S4"));
        Assert.Equal(then == "yes", Serves(record, view, storage));
    }

    [Theory]
    [InlineData("P:1 S1:1", "P S1", null, "P", "yes: up to date and healthy")]
    [InlineData("P:1 S1:1", "P S1", null, "S1", "no: P is, and can go on")]
    [InlineData("P:0 S1:1", "P S1", null, "P", "until the next write, which elects S1: its replica is at generation 0, the repository at 1")]
    [InlineData("P:0 S1:1", "P S1", null, "S1", "may be elected by the next write")]
    [InlineData("P:1 S1:0", "S1", null, "P", "yes, as nobody can take over: it is not healthy")]
    [InlineData("P:1 S1:1", "P S1", "S1", "P", "until the next write, which elects S1: it is not assigned, and storages that are can take over")]
    [InlineData("P:1 S1:1", "P S1", "P", "S1", "no: it is not assigned, and storages that are could be")]
    [InlineData("P:1 S1:0", "P S1", null, "S1", "no: its replica is at generation 0, the repository at 1")]
    public void The_primary_is_explained_by_the_rule_that_elects(string replicas, string healthy, string? assigned, string storage, string then) =>
        Assert.Equal(then, ReplicaReasons.Primary(Facts.Record(replicas, "P", assigned), Facts.View(healthy), storage));

    [Fact]
    public void Only_the_last_decisions_are_remembered_the_newest_first()
    {
        var decisions = new RouteDecisions();
        for (var i = 0; i < RouteDecisions.Bound + 3; i++)
            decisions.Add(DateTimeOffset.UnixEpoch.AddSeconds(i), RouteDecisions.Read, new AccessorRoute("p", ["P", "S1"]));
        decisions.Add(DateTimeOffset.UnixEpoch, "/gitaly.X/Y", new RouteException(RouteFailure.NoHealthyNodes, "no healthy nodes"));
        decisions.Add(DateTimeOffset.UnixEpoch, "/gitaly.X/Y", new MutatorRoute(1, "p", "P", ["S1"], ["S2"], Creates: false));

        var told = decisions.Tell();

        Assert.Equal(RouteDecisions.Bound, told.Length);
        Assert.Equal("goes to P with S1; left to repair: S2", told[0].Outcome);
        Assert.Equal("refused: no healthy nodes", told[1].Outcome);
        Assert.Equal(("read", "may go to P, S1", RouteDecisions.Bound + 2), (told[2].Call, told[2].Outcome, (int)(told[2].At - DateTimeOffset.UnixEpoch).TotalSeconds));
    }

    private static bool Serves(RepositoryRecord record, RoutingView view, string storage) =>
        AccessorRules.Any(view, record, s => s != "S4").Storages.Contains(storage);
}
