using System.IO.Pipelines;
using System.Text;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Tests.Yamux;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Sidechannel;

public sealed class SidechannelFramingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("h", "0005h")]
    [InlineData("hello", "0009hello")]
    [InlineData("hello this world", "0014hello this world")]
    public async Task A_write_becomes_a_frame(string data, string frames)
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await SidechannelFraming.WriteAsync(client, Encoding.ASCII.GetBytes(data), default);
        await client.Output.CompleteAsync();
        Assert.Equal(frames, Encoding.ASCII.GetString(await SessionPair.ReadAllAsync(server)));
    }

    [Fact]
    public async Task A_long_write_is_split_at_the_largest_payload()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await SidechannelFraming.WriteAsync(client, new byte[65516 + 1], default);
        await client.Output.CompleteAsync();
        var bytes = await SessionPair.ReadAllAsync(server);
        Assert.Equal("fff0", Encoding.ASCII.GetString(bytes, 0, 4));
        Assert.Equal("0005", Encoding.ASCII.GetString(bytes, 4 + 65516, 4));
        Assert.Equal(4 + 65516 + 4 + 1, bytes.Length);
    }

    [Theory]
    [InlineData("0000", "")]
    [InlineData("00040000", "")]
    [InlineData("0005h0009hello0000", "hhello")]
    [InlineData("0005h0000ignored", "h")]
    [InlineData("0009HELLO0000", "HELLO")]
    public async Task Frames_are_read_up_to_their_end(string frames, string data)
    {
        Assert.Equal(data, await ReadAsync(frames, byteByByte: false));
        Assert.Equal(data, await ReadAsync(frames, byteByByte: true));
    }

    [Theory]
    [InlineData("0001", "sidechannel: invalid header 1")]
    [InlineData("0002", "sidechannel: invalid header 2")]
    [InlineData("0003", "sidechannel: invalid header 3")]
    [InlineData("00x5h", "sidechannel: invalid header: not hexadecimal")]
    [InlineData("0005h", "sidechannel: unexpected EOF")]
    [InlineData("0009hel", "sidechannel: unexpected EOF")]
    [InlineData("", "sidechannel: unexpected EOF")]
    public async Task Broken_frames_are_errors(string frames, string error) =>
        Assert.Equal(error, (await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(frames, byteByByte: false))).Message);

    [Fact]
    public async Task A_client_that_ended_its_half_reads_the_answer()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await using (var output = SidechannelFraming.WriteStream(client))
            await output.WriteAsync("want"u8.ToArray());
        using var request = new StreamReader(SidechannelFraming.ReadStream(server));
        Assert.Equal("want", await request.ReadToEndAsync());
        await server.WriteAsync("PACK"u8.ToArray(), default);
        await server.DisposeAsync();
        Assert.Equal("PACK"u8.ToArray(), await SessionPair.ReadAllAsync(client));
    }

    [Fact]
    public async Task The_proxy_carries_megabytes_both_ways_and_the_half_close()
    {
        await using var front = SessionPair.Start(server: YamuxOptions.Accepting);
        await using var back = SessionPair.Start(server: YamuxOptions.Accepting);
        var (toClient, client) = await front.StreamAsync();
        var (node, toNode) = await back.StreamAsync();
        var proxy = SidechannelProxy.RunAsync(toClient, toNode, default);
        var data = new byte[5_000_001];
        new Random(1).NextBytes(data);
        var sending = Task.Run(async () =>
        {
            await using var output = SidechannelFraming.WriteStream(client);
            await output.WriteAsync(data);
        });
        using var received = new MemoryStream();
        await SidechannelFraming.ReadStream(node).CopyToAsync(received).WaitAsync(SessionPair.Patience);
        Assert.True(data.AsSpan().SequenceEqual(received.ToArray()));
        await sending;
        var answering = Task.Run(async () =>
        {
            await node.WriteAsync(data, default);
            await node.DisposeAsync();
        });
        var answer = await SessionPair.ReadAllAsync(client);
        Assert.True(data.AsSpan().SequenceEqual(answer));
        await Task.WhenAll(answering, proxy).WaitAsync(SessionPair.Patience);
    }

    [Fact]
    public async Task A_node_that_closes_early_is_no_error_to_the_proxy()
    {
        await using var front = SessionPair.Start();
        await using var back = SessionPair.Start();
        var (toClient, client) = await front.StreamAsync();
        var (node, toNode) = await back.StreamAsync();
        var proxy = SidechannelProxy.RunAsync(toClient, toNode, default);
        await SidechannelFraming.WriteAsync(client, "unfinished"u8.ToArray(), default);
        await node.DisposeAsync();
        await proxy.WaitAsync(SessionPair.Patience);
        Assert.Empty(await SessionPair.ReadAllAsync(client));
    }

    [Fact]
    public async Task A_client_that_breaks_off_breaks_the_node_side_too()
    {
        await using var front = SessionPair.Start();
        await using var back = SessionPair.Start();
        var (toClient, client) = await front.StreamAsync();
        var (node, toNode) = await back.StreamAsync();
        var proxy = SidechannelProxy.RunAsync(toClient, toNode, default);
        await SidechannelFraming.WriteAsync(client, "half"u8.ToArray(), default);
        await client.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => proxy.WaitAsync(SessionPair.Patience));
        await Assert.ThrowsAnyAsync<IOException>(() => SidechannelFraming.ReadStream(node).CopyToAsync(Stream.Null).WaitAsync(SessionPair.Patience));
    }

    private static async Task<string> ReadAsync(string frames, bool byteByByte)
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        var bytes = Encoding.ASCII.GetBytes(frames);
        foreach (var part in byteByByte ? bytes.Chunk(1) : [bytes])
            await client.WriteAsync(part, default);
        await client.Output.CompleteAsync();
        var raw = new Pipe();
        await SidechannelFraming.ReceiveAsync(server, raw.Writer, default).WaitAsync(SessionPair.Patience);
        await raw.Writer.CompleteAsync();
        using var reader = new StreamReader(raw.Reader.AsStream());
        return await reader.ReadToEndAsync();
    }
}
