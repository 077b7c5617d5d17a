using System.Buffers.Binary;
using Microsoft.AspNetCore.Http;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Floods;

/// <summary>
/// Frames that cost their sender nothing. The servers' clock stands still, so that no allowance comes back and a connection ends after
/// the burst, however slow the machine is.
/// </summary>
public sealed class FloodTests
{
    private const int FramesPerPiece = 1000;

    /// <summary>Twice the burst, and what may lie in the socket's buffers.</summary>
    private const int MostPieces = 2 * FrameBudget.Burst / FramesPerPiece + 1500;

    public static TheoryData<string, bool> Floods()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in new[] { "settings", "ping", "priority", "empty data", "window update", "unknown" })
        {
            data.Add(name, true);
            data.Add(name, false);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_of_frames_that_carry_nothing_ends_the_connection_and_no_other(string kind, bool reads)
    {
        await using var node = await StartAsync();
        await using var healthy = await TestClient.StartAsync(node.Address);
        await using var attacker = await RawClient.ConnectAsync(node.Address, RawClient.Preface, reads);
        await attacker.SendAsync(RawClient.Frame(1, 4, 1, RawClient.HeaderBlock("/wait")));
        var piece = Repeat(FrameOf(kind), FramesPerPiece);
        var attack = attacker.FloodAsync(_ => piece, MostPieces);
        do
        {
            Assert.Equal("hello", await TestClient.SendAsync(healthy.Connection.Plain, "/", "hello").WaitAsync(SessionPair.Patience));
        }
        while (!attack.IsCompleted);
        Assert.True(await attack < MostPieces, "the connection still takes frames");
    }

    [Fact]
    public async Task Rapid_resets_end_the_connection()
    {
        const int PerPiece = 100;
        const int Most = 3 * FrameBudget.ResetBurst / PerPiece + 500;
        await using var node = await StartAsync();
        await using var attacker = await RawClient.ConnectAsync(node.Address, RawClient.Preface);
        var sent = await attacker.FloodAsync(
            i => [.. Enumerable.Range(0, PerPiece).SelectMany(j => OpenAndReset(1 + 2 * (i * PerPiece + j)))], Most);
        Assert.True(sent < Most, "the connection still takes streams");
    }

    [Fact]
    public async Task Endless_continuation_frames_end_the_connection()
    {
        await using var node = await StartAsync();
        foreach (var payload in new[] { [], HeaderFields() })
        {
            await using var attacker = await RawClient.ConnectAsync(node.Address, RawClient.Preface);
            await attacker.SendAsync(RawClient.Frame(1, 0, 1, RawClient.HeaderBlock("/")));
            var piece = Repeat(RawClient.Frame(9, 0, 1, payload), FramesPerPiece);
            Assert.True(await attacker.FloodAsync(_ => piece, MostPieces) < MostPieces, "the connection still takes frames");
        }
    }

    [Fact]
    public async Task A_flood_inside_a_session_ends_the_session()
    {
        await using var node = await StartAsync();
        byte[] open = [.. "backchannel"u8, .. Yamux(1, 1, 1, 256 * 1024)];
        await using var attacker = await RawClient.ConnectAsync(node.Address, open);
        await attacker.SendAsync([.. Yamux(0, 0, 1, (uint)RawClient.Preface.Length), .. RawClient.Preface]);
        var ping = Repeat(RawClient.Frame(6, 0, 0, new byte[8]), FramesPerPiece);
        byte[] piece = [.. Yamux(0, 0, 1, (uint)ping.Length), .. ping];
        Assert.True(await attacker.FloodAsync(_ => piece, MostPieces) < MostPieces, "the session still takes frames");
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(1, 0)]
    [InlineData(0, 0)]
    public async Task A_flood_of_the_sessions_own_frames_ends_it(byte type, ushort flags)
    {
        await using var node = await StartAsync();
        byte[] open = [.. "backchannel"u8, .. Yamux(1, 1, 1, 256 * 1024)];
        await using var attacker = await RawClient.ConnectAsync(node.Address, open);
        var piece = Repeat(Yamux(type, flags, type == 2 ? 0u : 1u, 0), FramesPerPiece);
        Assert.True(await attacker.FloodAsync(_ => piece, MostPieces) < MostPieces, "the session still takes frames");
    }

    [Fact]
    public async Task Calls_and_data_earn_the_frames_that_go_with_them()
    {
        await using var node = await StartAsync();
        await using var client = await TestClient.StartAsync(node.Address);
        var text = new string('x', 2_000_000);
        for (var i = 0; i < 20; i++)
            Assert.Equal(text, await TestClient.SendAsync(client.Connection.Plain, "/", text).WaitAsync(SessionPair.Patience));
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => TestClient.SendAsync(client.Connection.Plain, "/", "x"))).WaitAsync(SessionPair.Patience);
    }

    private static Task<TestNode> StartAsync() => TestNode.StartAsync(NodeKind.Tcp, AnswerAsync, time: new StoppedClock());

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/wait")
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync(await reader.ReadToEndAsync());
    }

    private static byte[] FrameOf(string kind) => kind switch
    {
        "settings" => RawClient.Frame(4, 0, 0, []),
        "ping" => RawClient.Frame(6, 0, 0, new byte[8]),
        "priority" => RawClient.Frame(2, 0, 1, [0, 0, 0, 3, 1]),
        "empty data" => RawClient.Frame(0, 0, 1, []),
        "window update" => RawClient.Frame(8, 0, 0, [0, 0, 0, 1]),
        _ => RawClient.Frame(0xbe, 0, 0, []),
    };

    private static byte[] OpenAndReset(int stream) =>
        [.. RawClient.Frame(1, 4, stream, RawClient.HeaderBlock("/wait")), .. RawClient.Frame(3, 0, stream, [0, 0, 0, 8])];

    private static byte[] HeaderFields() => Repeat([0x00, 1, (byte)'n', 1, (byte)'v'], 1000);

    private static byte[] Yamux(byte type, ushort flags, uint stream, uint length)
    {
        var frame = new byte[12];
        frame[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), stream);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), length);
        return frame;
    }

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times).SelectMany(b => b)];
}
