using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Group B9 of the cases: three replicas that wait for each other, of which some fail.</summary>
public sealed class ErrorsOfReplicas
{
    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("foo", "", "", "foo")]
    [InlineData("", "failed", "", "")]
    [InlineData("primary", "first", "second", "primary")]
    public async Task The_client_gets_the_error_of_the_primary_alone_and_every_replica_is_called(string primary, string first, string second, string client)
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3, configure: o => o.GraceAfterPrimaryFailure = Writes.Patience);
        var (called, all) = (0, new TaskCompletionSource());
        foreach (var (node, error) in cluster.Nodes.Zip([primary, first, second]))
        {
            Writes.On(node, async http =>
            {
                using var frame = await FakeNode.FirstAsync(http);
                if (Interlocked.Increment(ref called) == 3)
                    all.SetResult();
                await all.Task.WaitAsync(Writes.Patience);
                if (error.Length > 0)
                    await GrpcResponses.WriteStatusAsync(http, new GrpcStatus(GrpcStatusCode.Internal, error));
                else
                    await FakeNode.SendAsync(http, new WriteRefResponse());
            });
        }

        var status = GrpcStatus.Ok;
        try
        {
            await Writes.SendAsync(cluster);
        }
        catch (GrpcException e)
        {
            status = e.Status;
        }

        Assert.Equal((client.Length > 0 ? GrpcStatusCode.Internal : GrpcStatusCode.OK, client), (status.Code, status.Message));
        Assert.All(cluster.Nodes, n => Assert.Single(n.Requests));
        var outcomes = await cluster.Repository.Finished.WaitAsync(Writes.Patience);
        Assert.Equal([primary, first, second], outcomes.OrderBy(o => o.Storage, StringComparer.Ordinal).Select(o => o.StatusMessage));
        Assert.All(outcomes, o => Assert.False(o.Broken));
    }
}
