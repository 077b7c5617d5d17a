using Google.Protobuf;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Praefect.Gateway.Tests.Fakes;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Tests;

/// <summary>Nodes that end their connections in good order (HTTP/2 GOAWAY) while calls run on them, as each does when it is restarted.</summary>
public sealed class NodesThatGoAway
{
    private static void GoAway(HttpContext http) => http.Features.Get<IConnectionLifetimeNotificationFeature>()!.RequestClose();

    [Fact]
    public async Task A_read_that_runs_goes_on_and_the_next_one_takes_a_new_connection()
    {
        await using var cluster = await TestCluster.StartAsync();
        var goOn = new TaskCompletionSource();
        var connections = new System.Collections.Concurrent.ConcurrentBag<string>();
        cluster.Nodes[0].On(Methods.Ref.ListRefs, async http =>
        {
            connections.Add(http.Connection.Id);
            using var first = await FakeNode.FirstAsync(http);
            await FakeNode.WriteAsync(http, Answer("one"));
            GoAway(http);
            await goOn.Task;
            await FakeNode.SendAsync(http, Answer("two"));
        });
        await using (var call = await OpenAsync(cluster))
        {
            await using var answers = call.ReadAllAsync(default).GetAsyncEnumerator();
            Assert.True(await answers.MoveNextAsync());
            // The connection is closing now; what comes after goes round it, and this call does not notice.
            goOn.SetResult();
            Assert.Equal(2, await CountAsync(cluster));
            Assert.True(await answers.MoveNextAsync());
            Assert.Equal("two", answers.Current.References[0].Name.ToStringUtf8());
            Assert.False(await answers.MoveNextAsync());
        }

        Assert.Equal(2, connections.Distinct(StringComparer.Ordinal).Count());
        Assert.Empty(cluster.Grains.Suspected);
    }

    [Fact]
    public async Task A_write_that_runs_votes_and_ends_as_if_nothing_had_happened()
    {
        await using var cluster = await TestCluster.StartAsync(nodes: 3);
        foreach (var node in cluster.Nodes)
        {
            Writes.On(node, async http =>
            {
                using var first = await FakeNode.FirstAsync(http);
                GoAway(http);
                await Writes.VoteAsync(http);
                await FakeNode.SendAsync(http, new WriteRefResponse());
            });
        }

        for (var i = 0; i < 4; i++)
            await Writes.SendAsync(cluster);
        Assert.All(await cluster.Repository.Finished.WaitAsync(Writes.Patience), o => Assert.Equal((0, false), (o.StatusCode, o.Broken)));
        Assert.Equal(12, cluster.Repository.Votes.Count);
        Assert.Empty(cluster.Grains.Suspected);
    }

    private static ListRefsResponse Answer(string name) =>
        new() { References = { new ListRefsResponse.Types.Reference { Name = ByteString.CopyFromUtf8(name) } } };

    private static async Task<GrpcClientCall<ListRefsRequest, ListRefsResponse>> OpenAsync(TestCluster cluster)
    {
        var call = cluster.Client.Open<ListRefsRequest, ListRefsResponse>(Methods.Ref.ListRefs, ListRefsResponse.Parser, null, default);
        await call.WriteAsync(new ListRefsRequest { Repository = TestCluster.Target }, default);
        await call.CompleteAsync(default);
        return call;
    }

    private static async Task<int> CountAsync(TestCluster cluster)
    {
        await using var call = await OpenAsync(cluster);
        var count = 0;
        await foreach (var answer in call.ReadAllAsync(default))
            count += answer.References.Count;
        return count;
    }
}
