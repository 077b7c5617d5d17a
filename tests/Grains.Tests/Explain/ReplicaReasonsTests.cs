using Praefect.Grains.Explain;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests.Explain;

public sealed class ReplicaReasonsTests
{
    [Theory]
    [InlineData("P:1 S1:1 S2:1", "P S1 S2", null, "serves reads and writes")]
    [InlineData("P:1 S1:1", "P S1 S2", "P S1", "serves reads and writes")]
    [InlineData("P:1 S1:1", "P S1 S2", null, "serves reads and writes, with 2 of 3 assigned storages up to date and healthy")]
    [InlineData("P:1 S1:1 S2:1", "P S1", null, "serves reads and writes, with 2 of 3 assigned storages up to date and healthy")]
    [InlineData("P:1 S1:0", "S1 S2", null, "unavailable until P is back: no other storage is up to date (accept-dataloss would give up the changes that others lack)")]
    [InlineData("P:1 S1:1 S2:0", "S2", null, "unavailable until P or S1 is back: no other storage is up to date (accept-dataloss would give up the changes that others lack)")]
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
    public void Where_no_replica_is_up_to_date_the_way_out_is_named()
    {
        var record = Facts.Record("P:0") with { Generation = 1 };
        Assert.Equal(
            "unavailable: no storage is up to date (accept-dataloss makes the replica of another one the repository)",
            ReplicaReasons.State(record, Facts.View("P S1 S2"), settling: false));
    }

    [Fact]
    public void Only_the_last_decisions_are_remembered_the_newest_first()
    {
        var decisions = new RouteDecisions();
        Assert.True(decisions.IsEmpty);
        for (var i = 0; i < 5 * RouteDecisions.Bound + 3; i++)
            decisions.Add(DateTimeOffset.UnixEpoch.AddSeconds(i), RouteDecisions.Read, new AccessorRoute("p", ["P", "S1"]));
        decisions.Add(DateTimeOffset.UnixEpoch, "/gitaly.X/Y", new RouteException(RouteFailure.NoHealthyNodes, "no healthy nodes"));
        decisions.Add(DateTimeOffset.UnixEpoch, "/gitaly.X/Y", new MutatorRoute(1, "p", "P", ["S1"], ["S2"], Creates: false));

        var told = decisions.Tell();

        Assert.False(decisions.IsEmpty);
        Assert.Equal("goes to P with S1; left to repair: S2", told[0].Outcome);
        Assert.Equal("refused: no healthy nodes", told[1].Outcome);
        Assert.Equal(Enumerable.Repeat(("read", "may go to P, S1"), RouteDecisions.Bound), told.Skip(2).Select(d => (d.Call, d.Outcome)));
        Assert.Equal(
            Enumerable.Range(4 * RouteDecisions.Bound + 3, RouteDecisions.Bound).Reverse(), told.Skip(2).Select(d => (int)(d.At - DateTimeOffset.UnixEpoch).TotalSeconds));
    }

    [Fact]
    public void A_write_is_remembered_however_many_reads_come_after_it()
    {
        var decisions = new RouteDecisions();
        decisions.Add(DateTimeOffset.UnixEpoch, "/gitaly.X/Y", new MutatorRoute(1, "p", "P", ["S1"], [], Creates: false));
        for (var i = 0; i < 10 * RouteDecisions.Bound; i++)
            decisions.Add(DateTimeOffset.UnixEpoch, i % 2 == 0 ? RouteDecisions.Read : RouteDecisions.ForcedRead, new AccessorRoute("p", ["P"]));

        Assert.Equal(("/gitaly.X/Y", "goes to P with S1"), decisions.Tell().Select(d => (d.Call, d.Outcome)).Last());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(RouteDecisions.Bound)]
    [InlineData((2 * RouteDecisions.Bound) + 1)]
    public void However_many_reads_were_made_the_last_ones_are_told_in_order(int made)
    {
        var decisions = new RouteDecisions();
        for (var i = 1; i <= made; i++)
            decisions.Add(DateTimeOffset.UnixEpoch.AddSeconds(i), RouteDecisions.Read, new AccessorRoute("p", ["P"]));

        var told = decisions.Tell().Select(static decision => (int)(decision.At - DateTimeOffset.UnixEpoch).TotalSeconds);

        Assert.Equal(Enumerable.Range(1, made).Reverse().Take(RouteDecisions.Bound), told);
    }

    [Fact]
    public void A_repository_that_was_asked_for_once_keeps_no_room_for_all_the_decisions_there_may_be()
    {
        var route = new AccessorRoute("p", ["P"]);
        new RouteDecisions().Add(DateTimeOffset.UnixEpoch, RouteDecisions.Read, route);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var decisions = new RouteDecisions();
        decisions.Add(DateTimeOffset.UnixEpoch, RouteDecisions.Read, route);

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(decisions);
        Assert.InRange(allocated, 1, 400);
    }

    private static bool Serves(RepositoryRecord record, RoutingView view, string storage) =>
        AccessorRules.Any(view, record, s => s != "S4").Storages.Contains(storage);
}
