using Praefect.Gateway.Tests.Fakes;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Writes while the silo of their repository stops, is gone, or does not answer.</summary>
public sealed class WritesOfMovingRepositories
{
    private static Task<WriteRefResponse> WriteAsync(TestCluster cluster) => cluster.Client.UnaryAsync(
        Methods.Repository.WriteRef, new WriteRefRequest { Repository = TestCluster.Target }, WriteRefResponse.Parser, new GrpcCallOptions(), default);

    private static async Task<TestCluster> StartAsync(Action<GatewayOptions>? configure = null)
    {
        var cluster = await TestCluster.StartAsync(configure: configure);
        foreach (var node in cluster.Nodes)
            node.On(Methods.Repository.WriteRef, http => FakeNode.SendAsync(http, new WriteRefResponse()));
        return cluster;
    }

    [Fact]
    public async Task A_write_refused_by_a_silo_that_stops_is_opened_on_the_next_one()
    {
        await using var cluster = await StartAsync();
        var ids = new List<ulong>();
        cluster.Repository.Beginning = id =>
        {
            ids.Add(id);
            return ids.Count < 3 ? throw new RouteException(RouteFailure.Stopping, "x") : Task.CompletedTask;
        };

        await WriteAsync(cluster);

        Assert.Equal(3, ids.Count);
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task An_attempt_that_nobody_answers_is_repeated_for_the_same_transaction()
    {
        await using var cluster = await StartAsync(o => o.BeginTimeout = TimeSpan.FromMilliseconds(100));
        var lost = new TaskCompletionSource();
        var ids = new List<ulong>();
        cluster.Repository.Beginning = id =>
        {
            ids.Add(id);
            return ids.Count == 1 ? lost.Task : Task.CompletedTask;
        };

        await WriteAsync(cluster);

        Assert.Equal(2, ids.Count);
        Assert.Single(ids.Distinct());
        lost.SetResult();
    }

    [Fact]
    public async Task A_write_that_no_silo_takes_within_the_budget_is_unavailable()
    {
        await using var cluster = await StartAsync(o => (o.BeginTimeout, o.BeginBudget) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(300)));
        cluster.Repository.Beginning = _ => throw new RouteException(RouteFailure.Stopping, "x");

        var e = await Assert.ThrowsAsync<GrpcException>(() => WriteAsync(cluster));

        Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
    }
}
