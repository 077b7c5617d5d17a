using System.Buffers.Binary;
using System.Net.Sockets;
using Praefect.Wire.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Floods;

/// <summary>An HTTP/2 client that sends whatever bytes it is told to, and reads answers or does not.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private static readonly TimeSpan s_stalled = TimeSpan.FromSeconds(2);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _stop = new();
    private Task? _reading;

    public static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, [])];

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    /// <summary>A request's header block: POST /PATH, scheme http, authority a.</summary>
    public static byte[] HeaderBlock(string path) =>
        [0x83, 0x86, 0x04, (byte)path.Length, .. System.Text.Encoding.ASCII.GetBytes(path), 0x01, 1, (byte)'a'];

    public static async Task<RawClient> ConnectAsync(NodeAddress address, byte[] preface, bool reads = true)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(address.EndPoint);
        await client.SendAsync(preface);
        if (reads)
            client._reading = client.ReadAsync();
        return client;
    }

    public async Task SendAsync(byte[] bytes) => await _socket.SendAsync(bytes, SocketFlags.None, _stop.Token);

    /// <summary>
    /// Sends a piece again and again until the server hangs up, or takes no more because the answers are not read, which makes a flood
    /// harmless. How many pieces went out.
    /// </summary>
    public async Task<int> FloodAsync(Func<int, byte[]> piece, int most)
    {
        for (var i = 0; i < most; i++)
        {
            try
            {
                await SendAsync(piece(i)).WaitAsync(s_stalled);
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                return i;
            }
        }

        // What is sent is not read yet: where the server gets no processor, all of it lies in the kernel's buffers.
        return _reading is not null && await EndsAsync(_reading) ? most - 1 : most;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket.Dispose();
        if (_reading is not null)
            await _reading;
        _stop.Dispose();
    }

    private static async Task<bool> EndsAsync(Task reading)
    {
        try
        {
            await reading.WaitAsync(SessionPair.Patience);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[65536];
        try
        {
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) > 0)
            {
                // What comes is not of interest, only that it is taken.
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server hung up, or the test is over.
        }
    }
}
