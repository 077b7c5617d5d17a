using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Backchannel;

public sealed class BackchannelHandshakeTests
{
    [Theory]
    [InlineData("")]
    [InlineData("backchan")]
    [InlineData("backchannel")]
    public async Task A_client_that_never_finishes_its_handshake_is_closed(string sent)
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, _ => Task.CompletedTask, handshakeTimeout: TimeSpan.FromMilliseconds(100));
        using var socket = await ConnectAsync(node);
        await socket.SendAsync(Encoding.ASCII.GetBytes(sent));
        await AssertClosedAsync(socket);
    }

    [Fact]
    public async Task Bytes_of_neither_kind_close_that_connection_only()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, context => context.Response.WriteAsync("ok"));
        using var socket = await ConnectAsync(node);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n and more bytes than a preface has"u8.ToArray());
        await AssertClosedAsync(socket);
        await using var client = await TestClient.StartAsync(node.Address);
        Assert.Equal("ok", await TestClient.SendAsync(client.Connection.Plain, "/").WaitAsync(SessionPair.Patience));
    }

    [Fact]
    public async Task A_stalled_response_does_not_hold_up_its_siblings_in_the_session()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, async context =>
        {
            if (context.Request.Path == "/small")
                return;
            for (var i = 0; i < 1024; i++)
                await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
        });
        await using var client = await TestClient.StartAsync(node.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://node/large")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await client.Connection.Multiplexed.SendAsync(request, default).WaitAsync(SessionPair.Patience);
        for (var i = 0; i < 20; i++)
            await TestClient.SendAsync(client.Connection.Multiplexed, "/small").WaitAsync(SessionPair.Patience);
    }

    private static async Task<Socket> ConnectAsync(TestNode node)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.Address.Host, node.Address.Port);
        return socket;
    }

    private static async Task AssertClosedAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer).WaitAsync(SessionPair.Patience) > 0)
            {
                // What was said before the close does not matter here.
            }
        }
        catch (SocketException)
        {
            // A reset is a close as well.
        }
    }
}
