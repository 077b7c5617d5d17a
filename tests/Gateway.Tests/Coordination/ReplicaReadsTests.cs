using Praefect.Gateway.Accessors;
using Praefect.Gateway.Proxying;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Tests.Coordination;

public sealed class ReplicaReadsTests
{
    private static async Task<(CallEnd End, List<string> Asked)> RunAsync(Decisions gateway, bool repeatable, params CallEnd[] ends)
    {
        var asked = new List<string>();
        var end = await gateway.Get<ReplicaReads>().RunAsync(gateway.Nodes, Decisions.Storages, repeatable, node =>
        {
            asked.Add(node.Storage);
            return Task.FromResult(ends[asked.Count - 1]);
        });
        return (end, asked);
    }

    private static CallEnd Broken(CallBreak at, bool silent = false) => new(GrpcStatusCode.Unavailable, "x", at) { FellSilent = silent };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_a_node_cannot_have_answered_goes_to_another_one(bool silent)
    {
        await using var gateway = new Decisions();
        var broken = silent ? Broken(CallBreak.BeforeAnswer, silent) : Broken(CallBreak.NotSent);
        var (end, asked) = await RunAsync(gateway, repeatable: true, broken, TestWrite.Success);
        Assert.True(end.Ok);
        Assert.Equal(2, asked.Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_may_have_been_answered_or_cannot_be_repeated_ends_as_it_did(bool repeatable)
    {
        await using var gateway = new Decisions();
        var at = repeatable ? CallBreak.BeforeAnswer : CallBreak.NotSent;
        var (end, asked) = await RunAsync(gateway, repeatable, Broken(at));
        Assert.Equal(at, end.Break);
        Assert.Single(asked);
    }

    [Fact]
    public async Task Two_nodes_are_asked_and_no_more()
    {
        await using var gateway = new Decisions();
        var (end, asked) = await RunAsync(gateway, repeatable: true, Broken(CallBreak.NotSent), Broken(CallBreak.NotSent));
        Assert.Equal(CallBreak.NotSent, end.Break);
        Assert.Equal(2, asked.Count);
    }

    [Fact]
    public async Task Without_a_replica_that_is_configured_here_no_node_is_suitable()
    {
        await using var gateway = new Decisions();
        var e = await Assert.ThrowsAsync<GrpcException>(() => gateway.Get<ReplicaReads>().RunAsync(gateway.Nodes, ["elsewhere"], repeatable: true, _ => Task.FromResult(TestWrite.Success)));
        Assert.EndsWith("no suitable node to serve the request", e.Status.Message, StringComparison.Ordinal);
    }
}
