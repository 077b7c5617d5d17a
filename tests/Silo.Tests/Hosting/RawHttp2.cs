using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A connection of HTTP/2 on which no call is made: shows what a server tells its clients about the connection itself.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    private const int HeaderBytes = 9;
    private const byte Settings = 4;
    private const byte GoAway = 7;

    private readonly NetworkStream _stream;

    private RawHttp2(NetworkStream stream) => _stream = stream;

    /// <summary>Connects and greets.</summary>
    public static async Task<RawHttp2> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), cancellationToken);
        await stream.WriteAsync(new byte[] { 0, 0, 0, Settings, 0, 0, 0, 0, 0 }, cancellationToken);
        return new RawHttp2(stream);
    }

    /// <summary>Reads until the server has greeted, too: it counts this connection from here on, at the latest.</summary>
    public Task GreetedAsync(CancellationToken cancellationToken) => UntilAsync(Settings, cancellationToken);

    /// <summary>Reads until the server tells to go away.</summary>
    /// <exception cref="EndOfStreamException">It closed the connection without a word.</exception>
    public Task ToldToGoAwayAsync(CancellationToken cancellationToken) => UntilAsync(GoAway, cancellationToken);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task UntilAsync(byte wanted, CancellationToken cancellationToken)
    {
        var header = new byte[HeaderBytes];
        byte type;
        do
        {
            await _stream.ReadExactlyAsync(header, cancellationToken);
            type = header[3];
            await _stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadUInt32BigEndian(header) >> 8], cancellationToken);
        }
        while (type != wanted);
    }
}
