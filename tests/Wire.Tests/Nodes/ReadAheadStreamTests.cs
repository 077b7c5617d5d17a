using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Praefect.Wire.Nodes;

namespace Praefect.Wire.Tests.Nodes;

/// <summary>What is there is taken at once and handed out in whatever pieces are asked for, in order, and nothing more.</summary>
public sealed class ReadAheadStreamTests : IAsyncLifetime
{
    private Socket _sender = null!;
    private CountingStream _counting = null!;
    private ReadAheadStream _stream = null!;

    public async Task InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _sender = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await _sender.ConnectAsync(listener.LocalEndpoint);
        _counting = new CountingStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
        _stream = new ReadAheadStream(_counting);
    }

    public async Task DisposeAsync()
    {
        await _stream.DisposeAsync();
        _sender.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(16 * 1024)]
    [InlineData(64 * 1024)]
    [InlineData(200 * 1024)]
    public async Task Everything_arrives_in_order_whatever_size_is_asked_for(int size)
    {
        var sent = RandomNumberGenerator.GetBytes(300_000);
        var sending = SendAsync(sent);

        var read = new MemoryStream();
        var buffer = new byte[size];
        for (int count; (count = await _stream.ReadAsync(buffer)) > 0;)
            await read.WriteAsync(buffer.AsMemory(0, count));

        await sending;
        Assert.Equal(sent, read.ToArray());
        Assert.Equal(0, await _stream.ReadAsync(buffer));
    }

    [Fact]
    public async Task Small_reads_of_what_is_there_ask_the_socket_once()
    {
        await _sender.SendAsync(new byte[900]);
        while (_counting.Available < 900)
            await Task.Delay(1);

        var buffer = new byte[9];
        for (var i = 0; i < 100; i++)
            await _stream.ReadExactlyAsync(buffer);

        Assert.Equal(1, _counting.Reads);
    }

    [Fact]
    public async Task A_read_of_nothing_waits_until_there_is_something_and_takes_none_of_it()
    {
        var waiting = _stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);

        await _sender.SendAsync("ab"u8.ToArray());
        Assert.Equal(0, await waiting);

        var one = new byte[1];
        Assert.Equal(1, await _stream.ReadAsync(one));
        Assert.Equal((byte)'a', one[0]);
        // One byte is left in the buffer: there is something already.
        Assert.Equal(0, await _stream.ReadAsync(Memory<byte>.Empty));
        Assert.Equal(1, await _stream.ReadAsync(one));
        Assert.Equal((byte)'b', one[0]);
    }

    [Fact]
    public async Task A_read_that_was_cut_off_loses_nothing()
    {
        var buffer = new byte[10];
        using var cut = new CancellationTokenSource();
        var waiting = _stream.ReadAsync(buffer, cut.Token).AsTask();
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await _sender.SendAsync("whole"u8.ToArray());

        await _stream.ReadExactlyAsync(buffer.AsMemory(0, 5));
        Assert.Equal("whole"u8.ToArray(), buffer[..5]);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += await _sender.SendAsync(bytes[sent..]);
        _sender.Shutdown(SocketShutdown.Send);
    }

    private sealed class CountingStream(NetworkStream inner) : DelegatingStream(inner)
    {
        public int Reads { get; private set; }

        public int Available => inner.Socket.Available;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reads++;
            return base.ReadAsync(buffer, cancellationToken);
        }
    }
}
