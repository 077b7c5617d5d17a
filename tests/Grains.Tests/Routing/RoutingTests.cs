using Praefect.Grains.Nodes;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests.Routing;

/// <summary>Groups A2 to A4 of the cases.</summary>
public sealed class RoutingTests
{
    [Fact]
    public void An_unknown_virtual_storage_does_not_exist()
    {
        var failure = Assert.Throws<RouteException>(() => RoutingView.From(null, []));
        Assert.Equal((RouteFailure.VirtualStorageNotFound, "virtual storage does not exist"), (failure.Failure, failure.Message));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void What_is_not_there_or_still_being_created_is_not_found_by_any_route(long id)
    {
        var record = RepositoryRecord.None with { RepositoryId = id, Primary = "P" };
        var view = Facts.View("P S1");
        Assert.Equal("repository not found", Result(() => AccessorRules.Any(view, record, _ => true).ReplicaPath));
        Assert.Equal("repository not found", Result(() => AccessorRules.Primary(view, record, _ => true).ReplicaPath));
        Assert.Equal("repository not found", Result(() => MutatorRules.Route(view, record, 7, votes: true).ReplicaPath));
        Assert.Equal("repository not found", Result(() => MaintenanceRules.Route(view, record).ReplicaPath));
    }

    [Fact]
    public void A_node_that_the_gateway_avoids_is_not_usable_but_healthy()
    {
        var node = new NodeHealth("P", true, default, string.Empty);
        var view = RoutingView.From(new VirtualStorageView("v", 1, 1, 0, [node, node with { Storage = "S1" }]), ["P"]);
        Assert.Equal("S1", Assert.Single(view.Usable));
        Assert.Equal(2, view.Healthy.Count);
    }

    [Theory]
    [InlineData("", "no healthy nodes")]
    [InlineData("P S1", "P S1")]
    [InlineData("S1", "S1")]
    [InlineData("S2", "no suitable node to serve the request")]
    public void Reads_go_to_healthy_replicas_that_are_up_to_date(string healthy, string then)
    {
        var record = Facts.Record("P:1 S1:1 S2:0 S3:1");
        var view = Facts.View(healthy, configured: "P S1 S2 S3");
        Assert.Equal(then, Result(() => Facts.Join(AccessorRules.Any(view, record, _ => true).Storages)));
    }

    [Theory]
    [InlineData("P S1", "P")]
    [InlineData("S1", "primary gitaly is not healthy")]
    public void Forced_reads_go_to_the_primary_and_nowhere_else(string healthy, string then)
    {
        var record = Facts.Record("P:1 S1:1 S2:0");
        Assert.Equal(then, Result(() => Facts.Join(AccessorRules.Primary(Facts.View(healthy), record, _ => true).Storages)));
    }

    [Fact]
    public void A_primary_that_is_behind_serves_no_forced_read() =>
        Assert.Equal("no suitable node to serve the request", Result(() => AccessorRules.Primary(Facts.View("P"), Facts.Record("P:0 S1:1"), _ => true).ReplicaPath));

    [Fact]
    public void A_replica_that_only_a_storage_without_configuration_has_up_to_date_is_read_nowhere() =>
        Assert.Equal("no suitable node to serve the request", Result(() => AccessorRules.Any(Facts.View("P S1"), Facts.Record("P:1 S1:1 U:2"), _ => true).ReplicaPath));

    [Fact]
    public void The_route_has_the_stored_replica_path() =>
        Assert.Equal("old/path", AccessorRules.Any(Facts.View("P"), Facts.Record("P:1") with { ReplicaPath = "old/path" }, _ => true).ReplicaPath);

    [Theory]
    [InlineData(2, "P S2", "S1", "S1", null, "primary gitaly is not healthy")]
    [InlineData(3, "S1 S2", "P", "P", null, "primary gitaly is not healthy")]
    [InlineData(5, "P S1 S2", "P S1 S2", "P", null, "P | S1 S2 | ")]
    [InlineData(6, "P S1 S2", "P S2", "P", null, "P | S2 | S1")]
    [InlineData(7, "P", "P S1", "P", null, "P |  | S1 S2")]
    [InlineData(8, "P S1 S2", "P S1 S2", "P", "P S1", "P | S1 | ")]
    [InlineData(9, "P S1 S2", "P S1", "P", "P S1", "P | S1 | ")]
    [InlineData(10, "P S1 S2", "P", "P", "S1 S2", "primary node is not assigned")]
    [InlineData(11, "P S1 S2", "S1", "P", null, "repository is in read-only mode")]
    [InlineData(12, "P S1 S2", "P S1", null, null, "no primary")]
    public void Writes_go_to_the_primary_and_usable_secondaries(int number, string healthy, string consistent, string? primary, string? assigned, string then)
    {
        var up = Facts.List(consistent);
        var record = Facts.Record(Facts.Join(new[] { "P", "S1", "S2" }.Select(s => $"{s}:{(up.Contains(s) ? 1 : 0)}")), primary, assigned);
        var result = Result(() =>
        {
            var route = MutatorRules.Route(Facts.View(healthy), record, 7, votes: true);
            return $"{route.Primary} | {Facts.Join(route.Secondaries)} | {Facts.Join(route.Targets)}";
        });
        Assert.True(then == result, $"case {number}: {result}");
    }

    [Theory]
    [InlineData("P S1 S2", "P | S1 S2 | ")]
    [InlineData("P S2", "P | S2 | S1")]
    [InlineData("P", "P |  | S1 S2")]
    [InlineData("S1", "P | S1 | S2")]
    [InlineData("", "P |  | S1 S2")]
    public void A_write_with_a_second_repository_takes_place_where_that_is_up_to_date(string beside, string then)
    {
        var route = MutatorRules.Route(Facts.View("P S1 S2"), Facts.Record("P:1 S1:1 S2:1"), 7, votes: true, Facts.List(beside));
        Assert.Equal(then, $"{route.Primary} | {Facts.Join(route.Secondaries)} | {Facts.Join(route.Targets)}");
    }

    [Fact]
    public void A_write_that_does_not_vote_has_no_secondaries()
    {
        var route = MutatorRules.Route(Facts.View("P S1 S2"), Facts.Record("P:1 S1:1 S2:1"), 7, votes: false);
        Assert.Empty(route.Secondaries);
        Assert.Equal("S1 S2", Facts.Join(route.Targets));
    }

    [Theory]
    [InlineData(2, "", null, "1 1 1", "no healthy nodes")]
    [InlineData(3, "S1 S2", null, "1 1 1", "S1 S2")]
    [InlineData(4, "P", null, "1 1 1", "P")]
    [InlineData(5, "P S1 S2", null, "1 1 1", "P S1 S2")]
    [InlineData(6, "P S1 S2", "S1 S2", "1 1 1", "S1 S2")]
    [InlineData(7, "P S1 S2", "P S1", "1 1 1", "P S1")]
    [InlineData(8, "P S1 S2", "", "1 1 1", "P S1 S2")]
    [InlineData(9, "P S1", "P S2", "1 1 1", "P")]
    [InlineData(10, "P S1 S2", "P S1 S2", "-1 9000 9000", "S1 S2")]
    [InlineData(11, "P S1 S2", "P S1 S2", "9000 9000 -1", "P S1")]
    [InlineData(12, "P S1 S2", "P S1 S2", "0 1 2", "P S1 S2")]
    public void Maintenance_goes_to_every_usable_assigned_replica(int number, string healthy, string? assigned, string generations, string then)
    {
        var g = Facts.List(generations);
        var record = Facts.Record($"P:{g[0]} S1:{g[1]} S2:{g[2]}", "P", assigned);
        var result = Result(() => Facts.Join(MaintenanceRules.Route(Facts.View(healthy), record).Storages));
        Assert.True(then == result, $"case {number}: {result}");
    }

    private static string Result(Func<string> route)
    {
        try
        {
            return route();
        }
        catch (RouteException e)
        {
            return e.Message;
        }
    }
}
