using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;

namespace Praefect.Wire.Tests.Nodes;

public sealed class NodeConnectionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("Tcp")]
    [InlineData("Tls")]
    [InlineData("Unix")]
    public async Task Plain_and_multiplexed_calls_share_one_port(string kind)
    {
        await using var node = await TestNode.StartAsync(Enum.Parse<NodeKind>(kind), async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            var backchannel = context.Features.Get<IBackchannelFeature>();
            await context.Response.WriteAsync($"{body} {(backchannel is null ? "plain" : "multiplexed")}");
        });
        await using var client = await TestClient.StartAsync(node.Address);

        Assert.Equal("a plain", await TestClient.SendAsync(client.Connection.Plain, "/a", "a").WaitAsync(s_patience));
        Assert.Equal("b multiplexed", await TestClient.SendAsync(client.Connection.Multiplexed, "/b", "b").WaitAsync(s_patience));
        Assert.Equal("c multiplexed", await TestClient.SendAsync(client.Connection.Multiplexed, "/c", "c").WaitAsync(s_patience));
    }

    [Theory]
    [InlineData("Tcp")]
    [InlineData("Tls")]
    public async Task A_callback_reaches_the_client_that_asked_among_many(string kind)
    {
        await using var node = await TestNode.StartAsync(Enum.Parse<NodeKind>(kind), async context =>
        {
            var backchannel = context.Features.Get<IBackchannelFeature>()!;
            await context.Response.WriteAsync(await TestClient.SendAsync(backchannel.Invoker, "/vote", "v", cancellationToken: context.RequestAborted));
        });
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => TestClient.StartAsync(
            node.Address,
            context => context.Response.WriteAsync(string.Create(
                CultureInfo.InvariantCulture, $"{number} {context.Features.Get<INodeConnectionFeature>()?.NodeName}")))));
        try
        {
            var answers = await Task.WhenAll(clients.SelectMany((client, number) => Enumerable.Range(0, 5).Select(
                async _ => (number, answer: await TestClient.SendAsync(client.Connection.Multiplexed, "/rpc"))))).WaitAsync(s_patience);
            Assert.All(answers, answer => Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{answer.number} storage-1"), answer.answer));
        }
        finally
        {
            foreach (var client in clients)
                await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_callback_under_the_name_that_gitaly_gives_its_backchannel_is_served()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, async context =>
        {
            // What grpc-go makes of the target "multiplexed/127.0.0.1:52266"; the second call refers to it by the compression table.
            var backchannel = context.Features.Get<IBackchannelFeature>()!;
            for (var call = 0; call < 2; call++)
                await context.Response.WriteAsync(await TestClient.SendAsync(backchannel.Invoker, "/vote", "v", "multiplexed%2F127.0.0.1:52266", context.RequestAborted));
        });
        await using var client = await TestClient.StartAsync(node.Address, context => context.Response.WriteAsync(context.Request.Path));

        Assert.Equal("/vote/vote", await TestClient.SendAsync(client.Connection.Multiplexed, "/rpc").WaitAsync(s_patience));
    }

    [Fact]
    public async Task A_broken_session_fails_its_calls_and_the_next_call_connects_again()
    {
        var arrived = new TaskCompletionSource();
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, async context =>
        {
            if (context.Request.Path != "/hang")
                return;
            arrived.TrySetResult();
            var connection = context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionSocketFeature>()!;
            connection.Socket.Close();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var client = await TestClient.StartAsync(node.Address);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => TestClient.SendAsync(client.Connection.Multiplexed, "/hang").WaitAsync(s_patience));
        Assert.True(arrived.Task.IsCompleted);
        Assert.Empty(await TestClient.SendAsync(client.Connection.Multiplexed, "/fine").WaitAsync(s_patience));
    }

    [Fact]
    public async Task A_node_that_answers_nothing_loses_its_calls_when_it_is_given_up_and_not_before()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = await TestClient.StartAsync(NodeAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}")));
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var call = TestClient.SendAsync(client.Connection.Multiplexed, "/x");
            using var socket = await listener.AcceptSocketAsync();
            // Magic, the first stream's header and HTTP/2's preface: the connection is made and the call is on it.
            for (var received = 0; received < 11 + 12 + 24;)
                received += await socket.ReceiveAsync(new byte[64].AsMemory()).AsTask().WaitAsync(s_patience);
            Assert.False(call.IsCompleted);
            await client.Connection.DropMultiplexedAsync();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => call.WaitAsync(s_patience));
        }
    }

    [Fact]
    public async Task An_unreachable_node_fails_at_once_with_the_dial_error_and_is_found_when_it_is_back()
    {
        NodeAddress address;
        await using (var gone = await TestNode.StartAsync(NodeKind.Unix, _ => Task.CompletedTask))
            address = gone.Address;
        await using var client = await TestClient.StartAsync(address);
        var error = await Assert.ThrowsAnyAsync<HttpRequestException>(() => TestClient.SendAsync(client.Connection.Plain, "/x").WaitAsync(s_patience));
        Assert.Contains("dial \"default\"/\"storage-1\": ", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_in_flight_are_counted_once_each()
    {
        await using var client = await TestClient.StartAsync(NodeAddress.Parse("tcp://127.0.0.1:1"));
        var first = client.Connection.BeginCall();
        using (client.Connection.BeginCall())
            Assert.Equal(2, client.Connection.Outstanding);
        first.Dispose();
        first.Dispose();
        Assert.Equal(0, client.Connection.Outstanding);
    }

    [Fact]
    public async Task Closing_twice_is_harmless()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, _ => Task.CompletedTask);
        var client = await TestClient.StartAsync(node.Address);
        await TestClient.SendAsync(client.Connection.Multiplexed, "/x").WaitAsync(s_patience);
        await client.Connection.DisposeAsync();
        await client.DisposeAsync();
    }
}
