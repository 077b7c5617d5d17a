using System.Buffers;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Yamux;

public sealed class YamuxSessionTests
{
    private const int Window = 262144;

    [Fact]
    public async Task A_hundred_streams_echo_a_megabyte_each_at_once()
    {
        await using var pair = SessionPair.Start();
        var echoing = Task.Run(async () =>
        {
            var echoes = new List<Task>();
            for (var i = 0; i < 100; i++)
                echoes.Add(EchoAsync((await pair.Server.AcceptStreamAsync(default))!));
            await Task.WhenAll(echoes);
        });
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            var data = new byte[1024 * 1024];
            new Random(number).NextBytes(data);
            var stream = await pair.Client.OpenStreamAsync(default);
            var sending = Task.Run(async () =>
            {
                await stream.WriteAsync(data, default);
                await stream.Output.CompleteAsync();
            });
            var echo = await SessionPair.ReadAllAsync(stream);
            Assert.True(data.AsSpan().SequenceEqual(echo));
            await sending;
        })).WaitAsync(SessionPair.Patience);
        await echoing.WaitAsync(SessionPair.Patience);
        await pair.Client.PingAsync(default).WaitAsync(SessionPair.Patience);
        Assert.Equal(0, pair.Client.StreamCount);
        Assert.Equal(0, pair.Server.StreamCount);
    }

    [Fact]
    public async Task Ids_are_odd_from_the_client_and_even_from_the_server()
    {
        await using var pair = SessionPair.Start();
        Assert.Equal(1u, (await pair.Client.OpenStreamAsync(default)).Id);
        Assert.Equal(3u, (await pair.Client.OpenStreamAsync(default)).Id);
        Assert.Equal(2u, (await pair.Server.OpenStreamAsync(default)).Id);
        Assert.Equal(4u, (await pair.Server.OpenStreamAsync(default)).Id);
    }

    [Fact]
    public async Task A_side_that_closed_its_output_still_reads()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await client.Output.CompleteAsync();
        Assert.Empty(await SessionPair.ReadAllAsync(server));
        await server.WriteAsync("late"u8.ToArray(), default);
        await server.Output.CompleteAsync();
        Assert.Equal("late"u8.ToArray(), await SessionPair.ReadAllAsync(client));
        await Assert.ThrowsAsync<YamuxException>(async () => await client.WriteAsync(new byte[1], default));
    }

    [Fact]
    public async Task A_reset_fails_both_sides()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        client.Abort();
        await Assert.ThrowsAsync<YamuxStreamResetException>(async () => await server.Input.ReadAsync().AsTask().WaitAsync(SessionPair.Patience));
        await Assert.ThrowsAsync<YamuxStreamResetException>(async () => await server.WriteAsync(new byte[1], default));
        Assert.True((await server.Output.WriteAsync(new byte[1])).IsCompleted);
        await Assert.ThrowsAsync<YamuxException>(async () => await client.Input.ReadAsync());
    }

    [Fact]
    public async Task A_full_window_stalls_its_writer_alone_until_it_is_read()
    {
        await using var pair = SessionPair.Start();
        var (stalled, stalledServer) = await pair.StreamAsync();
        var (lively, livelyServer) = await pair.StreamAsync();
        var writing = stalled.WriteAsync(new byte[Window + 1], default).AsTask();
        await lively.WriteAsync("through"u8.ToArray(), default);
        Assert.Equal("through"u8.ToArray(), await SessionPair.ReadAsync(livelyServer.Input, 7));
        var full = await stalledServer.Input.ReadAtLeastAsync(Window).AsTask().WaitAsync(SessionPair.Patience);
        Assert.Equal(Window, full.Buffer.Length);
        Assert.False(writing.IsCompleted);

        stalledServer.Input.AdvanceTo(full.Buffer.GetPosition(Window / 2));
        await writing.WaitAsync(SessionPair.Patience);
        var rest = await stalledServer.Input.ReadAtLeastAsync(Window / 2 + 1).AsTask().WaitAsync(SessionPair.Patience);
        Assert.Equal(Window / 2 + 1, rest.Buffer.Length);
    }

    [Fact]
    public async Task A_large_window_is_granted_to_the_peer_when_the_stream_is_accepted()
    {
        await using var pair = SessionPair.Start(server: YamuxOptions.Accepting);
        var (client, _) = await pair.StreamAsync();
        await client.WriteAsync(new byte[16 * 1024 * 1024], default).AsTask().WaitAsync(SessionPair.Patience);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_the_stream_usable()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await client.WriteAsync(new byte[Window], default).AsTask().WaitAsync(SessionPair.Patience);
        using var cancel = new CancellationTokenSource();
        var writing = client.WriteAsync(new byte[1], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(SessionPair.Patience));
        await SessionPair.ReadAsync(server.Input, Window);
        await client.WriteAsync("x"u8.ToArray(), default).AsTask().WaitAsync(SessionPair.Patience);
        Assert.Equal("x"u8.ToArray(), await SessionPair.ReadAsync(server.Input, 1));
    }

    [Fact]
    public async Task A_stream_beyond_the_peers_backlog_is_reset()
    {
        await using var pair = SessionPair.Start(server: new YamuxOptions { AcceptBacklog = 1 });
        await pair.Client.OpenStreamAsync(default);
        var refused = await pair.Client.OpenStreamAsync(default);
        await Assert.ThrowsAsync<YamuxStreamResetException>(async () => await refused.Input.ReadAsync().AsTask().WaitAsync(SessionPair.Patience));
    }

    [Fact]
    public async Task Opening_waits_while_the_backlog_is_unacknowledged()
    {
        await using var pair = SessionPair.Start(client: new YamuxOptions { AcceptBacklog = 1 });
        await pair.Client.OpenStreamAsync(default);
        var second = pair.Client.OpenStreamAsync(default).AsTask();
        Assert.False(second.IsCompleted);
        await pair.Server.AcceptStreamAsync(default).AsTask().WaitAsync(SessionPair.Patience);
        Assert.Equal(3u, (await second.WaitAsync(SessionPair.Patience)).Id);
    }

    [Fact]
    public async Task Pings_are_answered_and_a_peer_that_goes_away_takes_no_streams()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        pair.Server.GoAway();
        Assert.True(await pair.Client.PingAsync(default).WaitAsync(SessionPair.Patience) > TimeSpan.Zero);
        await Assert.ThrowsAsync<YamuxException>(async () => await pair.Client.OpenStreamAsync(default));
        await client.WriteAsync("still"u8.ToArray(), default);
        Assert.Equal("still"u8.ToArray(), await SessionPair.ReadAsync(server.Input, 5));
    }

    [Fact]
    public async Task The_end_of_a_session_fails_all_that_wait_on_it()
    {
        await using var pair = SessionPair.Start(client: new YamuxOptions { AcceptBacklog = 1 });
        var (client, _) = await pair.StreamAsync();
        await pair.Client.PingAsync(default).WaitAsync(SessionPair.Patience);
        await pair.Client.OpenStreamAsync(default).AsTask().WaitAsync(SessionPair.Patience);
        var opening = pair.Client.OpenStreamAsync(default).AsTask();
        var reading = client.Input.ReadAsync().AsTask();
        var writing = client.WriteAsync(new byte[Window + 1], default).AsTask();
        var accepting = pair.Client.AcceptStreamAsync(default).AsTask();
        pair.Server.Abort();
        await Assert.ThrowsAnyAsync<IOException>(() => opening.WaitAsync(SessionPair.Patience));
        await Assert.ThrowsAnyAsync<IOException>(() => reading.WaitAsync(SessionPair.Patience));
        await Assert.ThrowsAnyAsync<IOException>(() => writing.WaitAsync(SessionPair.Patience));
        Assert.Null(await accepting.WaitAsync(SessionPair.Patience));
        await pair.Client.Completion.WaitAsync(SessionPair.Patience);
    }

    [Fact]
    public async Task Closing_twice_is_harmless_for_streams_and_sessions()
    {
        await using var pair = SessionPair.Start();
        var (client, server) = await pair.StreamAsync();
        await client.DisposeAsync();
        await client.DisposeAsync();
        await server.DisposeAsync();
        await pair.Client.DisposeAsync();
        await pair.Client.DisposeAsync();
    }

    [Fact]
    public async Task A_stream_whose_peer_never_closes_is_reset_after_the_close_timeout()
    {
        await using var pair = SessionPair.Start(client: new YamuxOptions { StreamCloseTimeout = TimeSpan.FromMilliseconds(50) });
        var (client, server) = await pair.StreamAsync();
        await client.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (true)
                await server.WriteAsync(new byte[Window], default).AsTask().WaitAsync(SessionPair.Patience);
        });
        Assert.Equal(0, pair.Client.StreamCount);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_ends_the_session_at_the_write_timeout()
    {
        var (left, _) = SessionPair.DuplexPipes();
        await using var session = new YamuxSession(
            left, client: true, new YamuxOptions { WriteTimeout = TimeSpan.FromMilliseconds(50) }, TimeProvider.System);
        var stream = await session.OpenStreamAsync(default);
        await stream.WriteAsync(new byte[Window / 2], default).AsTask().WaitAsync(SessionPair.Patience);
        await session.Completion.WaitAsync(SessionPair.Patience);
        Assert.Equal("yamux: connection write timeout", session.Error!.Message);
    }

    [Fact]
    public async Task A_stream_that_is_never_acknowledged_ends_the_session()
    {
        var (left, _) = SessionPair.DuplexPipes();
        await using var session = new YamuxSession(
            left, client: true, new YamuxOptions { StreamOpenTimeout = TimeSpan.FromMilliseconds(50) }, TimeProvider.System);
        await session.OpenStreamAsync(default);
        await session.Completion.WaitAsync(SessionPair.Patience);
        Assert.Contains("not acknowledged", session.Error!.Message, StringComparison.Ordinal);
    }

    private static async Task EchoAsync(YamuxStream stream)
    {
        while (true)
        {
            var result = await stream.Input.ReadAsync();
            foreach (var segment in result.Buffer)
                stream.Output.Write(segment.Span);
            await stream.Output.FlushAsync();
            stream.Input.AdvanceTo(result.Buffer.End);
            if (!result.IsCompleted)
                continue;
            await stream.DisposeAsync();
            return;
        }
    }
}
