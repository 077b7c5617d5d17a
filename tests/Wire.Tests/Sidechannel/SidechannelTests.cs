using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Sidechannel;

/// <summary>Sidechannels between a real node and its client, over sockets.</summary>
public sealed class SidechannelTests
{
    [Theory]
    [InlineData("Tcp")]
    [InlineData("Tls")]
    [InlineData("Unix")]
    public async Task Parallel_sidechannels_are_matched_by_their_ids(string kind)
    {
        await using var node = await StartNodeAsync(Enum.Parse<NodeKind>(kind));
        await using var client = await TestClient.StartAsync(node.Address);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            var sent = string.Create(CultureInfo.InvariantCulture, $"{number} {new string('x', 100_000)}");
            var received = string.Empty;
            await using var waiter = client.Sidechannels.Register(async (stream, cancellationToken) =>
            {
                await using (var output = SidechannelFraming.WriteStream(stream))
                    await output.WriteAsync(Encoding.ASCII.GetBytes(sent), cancellationToken);
                using var reader = new StreamReader(stream.AsStream(), leaveOpen: true);
                received = await reader.ReadToEndAsync(cancellationToken);
            });
            await TestClient.SendAsync(client.Connection.Multiplexed, "/" + waiter.Id.ToString(CultureInfo.InvariantCulture));
            Assert.True(await waiter.CloseAsync(default).WaitAsync(SessionPair.Patience));
            Assert.Equal(sent, received);
        })).WaitAsync(SessionPair.Patience);
        Assert.Equal(0, client.Sidechannels.Count);
    }

    [Fact]
    public async Task An_unknown_id_is_an_error_to_the_node_and_harms_nobody_else()
    {
        await using var node = await StartNodeAsync(NodeKind.Tcp);
        await using var client = await TestClient.StartAsync(node.Address);
        foreach (var path in new[] { "/4711", "/4712" })
        {
            var error = await TestClient.SendAsync(client.Connection.Multiplexed, path).WaitAsync(SessionPair.Patience);
            Assert.StartsWith("sidechannel: ", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stream_for_an_id_that_nobody_waits_for_is_closed()
    {
        var registry = new SidechannelRegistry();
        await using var pair = SessionPair.Start();
        var (opened, arrived) = await pair.StreamAsync();
        await opened.WriteAsync(new byte[sizeof(long)], default);

        var error = await Assert.ThrowsAsync<SidechannelException>(() => registry.ServeAsync(arrived, default).WaitAsync(SessionPair.Patience));

        Assert.Equal("sidechannel: registry: ID not registered", error.Message);
        Assert.True((await opened.Input.ReadAsync(default).AsTask().WaitAsync(SessionPair.Patience)).IsCompleted);
    }

    [Fact]
    public async Task Closing_an_unused_waiter_says_that_the_callback_did_not_run()
    {
        var registry = new SidechannelRegistry();
        await using var waiter = registry.Register((_, _) => Task.CompletedTask);
        Assert.Equal(0, waiter.Id);
        Assert.Equal(1, registry.Count);
        Assert.False(await waiter.CloseAsync(default));
        Assert.Equal(0, registry.Count);
        var error = await Assert.ThrowsAsync<SidechannelException>(() => waiter.Completion);
        Assert.Equal("sidechannel: callback did not run", error.Message);
    }

    [Fact]
    public async Task A_failing_callback_fails_its_waiter()
    {
        await using var node = await StartNodeAsync(NodeKind.Tcp);
        await using var client = await TestClient.StartAsync(node.Address);
        await using var waiter = client.Sidechannels.Register((_, _) => throw new InvalidOperationException("broken"));
        await TestClient.SendAsync(client.Connection.Multiplexed, "/" + waiter.Id.ToString(CultureInfo.InvariantCulture)).WaitAsync(SessionPair.Patience);
        await Assert.ThrowsAsync<InvalidOperationException>(() => waiter.CloseAsync(default).WaitAsync(SessionPair.Patience));
    }

    /// <summary>Echoes what comes over the sidechannel that the path names; answers with the error when that fails.</summary>
    private static Task<TestNode> StartNodeAsync(NodeKind kind) => TestNode.StartAsync(kind, async context =>
    {
        var id = long.Parse(context.Request.Path.Value![1..], CultureInfo.InvariantCulture);
        var peer = context.Features.Get<IBackchannelFeature>()!;
        try
        {
            await using var stream = await SidechannelServer.OpenAsync(peer, id, context.RequestAborted);
            await SidechannelFraming.ReadStream(stream).CopyToAsync(stream.AsStream(), context.RequestAborted);
        }
        catch (IOException e)
        {
            await context.Response.WriteAsync(e.Message);
        }
    });
}
