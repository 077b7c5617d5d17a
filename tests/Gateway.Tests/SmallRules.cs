using Praefect.Gateway.Accessors;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Tests;

public sealed class SmallRules
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    public void A_boundary_is_found_however_the_bytes_are_cut(int piece)
    {
        byte[] stream = [0, 0, 0, 0, 2, 7, 7, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, .. new byte[256]];
        int[] ends = [0, 7, 12, stream.Length];
        for (var cut = 0; cut <= stream.Length; cut++)
        {
            var boundary = default(MessageBoundary);
            for (var at = 0; at < cut; at += piece)
                boundary.Pass(stream.AsSpan(at, Math.Min(piece, cut - at)));
            Assert.Equal(ends.Contains(cut), boundary.Between);
        }
    }

    [Fact]
    public void Remembered_routes_are_bounded_and_what_is_in_use_stays()
    {
        var memory = new RouteMemory(new GatewayOptions { RememberedRoutes = 100 });
        var route = new AccessorRoute("p", ["s"]);
        var used = new RepositoryKey("v", "used");
        var known = 0;
        for (var i = 0; i < 1000; i++)
        {
            memory.Remember(new RepositoryKey("v", $"{i}"), forced: false, route);
            memory.Remember(used, forced: false, route);
        }

        for (var i = 0; i < 1000; i++)
            known += memory.Recall(new RepositoryKey("v", $"{i}"), forced: false) is null ? 0 : 1;
        Assert.InRange(known, 1, 100);
        Assert.NotNull(memory.Recall(used, forced: false));
        memory.Forget(used);
        Assert.Null(memory.Recall(used, forced: false));
    }

    [Fact]
    public void Transaction_ids_of_two_gateways_differ()
    {
        var (a, b) = (new TransactionDirectory(1), new TransactionDirectory(2));
        Assert.Equal(20, Enumerable.Range(0, 10).SelectMany(_ => new[] { a.NextId(), b.NextId() }).Distinct().Count());
    }

    [Fact]
    public void The_options_of_a_clusters_gateway_are_valid_and_notice_lost_silos_sooner()
    {
        var (alone, cluster) = (new GatewayOptions(), GatewayOptions.ForCluster());
        Assert.Empty(cluster.Validate());
        Assert.True(cluster.BeginTimeout < alone.BeginTimeout);
        Assert.True(cluster.FinishAttemptTimeout < alone.FinishAttemptTimeout);
    }
}
