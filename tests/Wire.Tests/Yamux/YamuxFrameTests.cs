using System.IO.Pipelines;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Yamux;

/// <summary>One session against bytes written and read by hand.</summary>
public sealed class YamuxFrameTests
{
    [Fact]
    public async Task Opening_sends_a_window_update_with_syn_and_the_grant_beyond_the_first_256_kib()
    {
        var (session, peer) = Start(client: true, new YamuxOptions { MaxStreamWindowBytes = 262144 + 0x1234 });
        await using var owner = session;
        var stream = await session.OpenStreamAsync(default);
        Assert.Equal("000100010000000100001234", await HexAsync(peer, 12));
        await stream.WriteAsync("hi"u8.ToArray(), default);
        Assert.Equal("000000000000000100000002" + "6869", await HexAsync(peer, 14));
        await stream.Output.CompleteAsync();
        Assert.Equal("000100040000000100000000", await HexAsync(peer, 12));
        stream.Abort();
        Assert.Equal("000100080000000100000000", await HexAsync(peer, 12));
    }

    [Fact]
    public async Task Accepting_answers_with_ack_and_the_grant()
    {
        var (session, peer) = Start(client: false, YamuxOptions.Accepting);
        await using var owner = session;
        await WriteAsync(peer, "000100010000000100000000");
        var stream = await session.AcceptStreamAsync(default);
        Assert.Equal(1u, stream!.Id);
        Assert.Equal("000100020000000100fc0000", await HexAsync(peer, 12));
    }

    [Fact]
    public async Task Credit_comes_back_when_half_the_window_is_consumed()
    {
        var (session, peer) = Start(client: true, new YamuxOptions());
        await using var owner = session;
        var stream = await session.OpenStreamAsync(default);
        await HexAsync(peer, 12);
        await WriteAsync(peer, "000000020000000100020000" + new string('0', 2 * 0x20000));
        var read = await stream.Input.ReadAtLeastAsync(0x20000).AsTask().WaitAsync(SessionPair.Patience);
        stream.Input.AdvanceTo(read.Buffer.GetPosition(0x1ffff));
        await WriteAsync(peer, "000200010000000000000007");
        Assert.Equal("000200020000000000000007", await HexAsync(peer, 12));
        read = await stream.Input.ReadAsync();
        stream.Input.AdvanceTo(read.Buffer.End);
        Assert.Equal("000100000000000100020000", await HexAsync(peer, 12));
    }

    [Fact]
    public async Task A_backlog_overflow_is_answered_with_rst()
    {
        var (session, peer) = Start(client: false, YamuxOptions.Accepting);
        await using var owner = session;
        await WriteAsync(peer, "000100010000000100000000" + "000100010000000300000000");
        Assert.Equal("000100080000000300000000", await HexAsync(peer, 12));
    }

    [Theory]
    [InlineData("010000000000000000000000", "invalid protocol version 1")]
    [InlineData("000400000000000000000000", "invalid frame type 4")]
    [InlineData("474554202f20485454502f31", "invalid protocol version 71")]
    [InlineData("000100010000000200000000", "stream id 2 is not the remote end's to open")]
    [InlineData("000100010000000000000000", "stream id 0 is not the remote end's to open")]
    [InlineData("000100010000000100000000000100010000000100000000", "duplicate stream 1 declared")]
    [InlineData("000100010000000100000000000000000000000100040001", "receive window of stream 1 exceeded (remaining 262144, received 262145)")]
    [InlineData("000300000000000000000009", "unexpected go away reason 9")]
    public async Task Bytes_that_break_the_protocol_end_the_session_with_a_go_away(string bytes, string error)
    {
        var (session, peer) = Start(client: false, new YamuxOptions());
        await using var owner = session;
        await WriteAsync(peer, bytes);
        Assert.Equal("000300000000000000000001", await HexAsync(peer, 12));
        await session.Completion.WaitAsync(SessionPair.Patience);
        Assert.IsType<YamuxProtocolException>(session.Error);
        Assert.Equal("yamux: " + error, session.Error.Message);
    }

    [Fact]
    public async Task Data_for_a_stream_that_is_gone_is_dropped()
    {
        var (session, peer) = Start(client: true, new YamuxOptions());
        await using var owner = session;
        await WriteAsync(peer, "000000000000000900000003" + "616263" + "000200010000000000000001");
        Assert.Equal("000200020000000000000001", await HexAsync(peer, 12));
    }

    [Fact]
    public async Task Data_with_fin_in_one_frame_ends_after_its_payload()
    {
        var (session, peer) = Start(client: false, new YamuxOptions());
        await using var owner = session;
        await WriteAsync(peer, "000100010000000100000000" + "000000040000000100000003" + "61");
        var stream = await session.AcceptStreamAsync(default);
        await WriteAsync(peer, "6263");
        Assert.Equal("abc"u8.ToArray(), await SessionPair.ReadAllAsync(stream!));
    }

    [Fact]
    public async Task A_flood_of_pings_whose_answers_are_not_read_ends_the_session()
    {
        var (session, peer) = Start(
            client: false, new YamuxOptions { WriteTimeout = TimeSpan.FromMinutes(1), SessionCloseTimeout = TimeSpan.FromMilliseconds(20) });
        await using var owner = session;
        var ping = Convert.FromHexString("000200010000000000000001");
        var flood = Enumerable.Repeat(ping, 1000).SelectMany(bytes => bytes).ToArray();
        for (var sent = 0; !session.Completion.IsCompleted; sent++)
        {
            Assert.True(sent < 1000, "a million unread answers and no end");
            await Task.WhenAny(peer.Output.WriteAsync(flood).AsTask(), session.Completion).WaitAsync(SessionPair.Patience);
        }

        Assert.Contains("too many frames", session.Error!.Message, StringComparison.Ordinal);
    }

    private static (YamuxSession Session, IDuplexPipe Peer) Start(bool client, YamuxOptions options)
    {
        var (left, right) = SessionPair.DuplexPipes();
        return (new YamuxSession(left, client, options, TimeProvider.System), right);
    }

    private static async Task WriteAsync(IDuplexPipe peer, string hex) =>
        await peer.Output.WriteAsync(Convert.FromHexString(hex)).AsTask().WaitAsync(SessionPair.Patience);

    private static async Task<string> HexAsync(IDuplexPipe peer, int count) =>
        Convert.ToHexStringLower(await SessionPair.ReadAsync(peer.Input, count));
}
