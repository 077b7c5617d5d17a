using System.Buffers.Binary;
using System.Net.Sockets;

namespace Praefect.Gateway.Clock;

/// <summary>Asks a time server how far this machine's clock is off: one request of the Simple Network Time Protocol, version 4 (RFC 4330).</summary>
/// <param name="time">This machine's clock.</param>
public sealed class SntpClient(TimeProvider time)
{
    private const int Port = 123;
    private const int PacketBytes = 48;
    private const int TransmitAt = 40;
    private const int ReceiveAt = 32;
    private const byte ClientVersion4 = 0x23;
    private const byte ServerMode = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset Era = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far ahead the server's clock is of this one; negative: behind.</summary>
    /// <param name="host">Name or address, with <c>:port</c> where it is not 123.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketException">The name is unknown or the server is not there.</exception>
    /// <exception cref="TimeoutException">No answer within 5 s.</exception>
    /// <exception cref="InvalidDataException">The answer is not one, or the server's own clock is not set.</exception>
    public async Task<TimeSpan> OffsetAsync(string host, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        var (name, port) = Split(host);
        using var udp = new UdpClient();
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await udp.Client.ConnectAsync(name, port, either.Token);
            var sent = time.GetUtcNow();
            var request = new byte[PacketBytes];
            request[0] = ClientVersion4;
            BinaryPrimitives.WriteUInt64BigEndian(request.AsSpan(TransmitAt), Write(sent));
            await udp.SendAsync(request, either.Token);
            while (true)
            {
                var answer = (await udp.ReceiveAsync(either.Token)).Buffer;
                var received = time.GetUtcNow();

                // The server repeats what it was sent; anything else is an answer to somebody else's question.
                if (answer.Length >= PacketBytes && answer.AsSpan(24, 8).SequenceEqual(request.AsSpan(TransmitAt, 8)))
                    return Offset(answer, sent, received);
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer from {host} within {Patience.TotalSeconds:0} s", e);
        }
    }

    private static TimeSpan Offset(byte[] answer, DateTimeOffset sent, DateTimeOffset received)
    {
        var (leap, mode, stratum) = (answer[0] >> 6, answer[0] & 7, answer[1]);
        if (mode != ServerMode || leap == 3 || stratum is 0 or > 15)
            throw new InvalidDataException($"the server's own clock is not set (leap {leap}, mode {mode}, stratum {stratum})");
        var (arrived, left) = (Read(answer.AsSpan(ReceiveAt)), Read(answer.AsSpan(TransmitAt)));
        return ((arrived - sent) + (left - received)) / 2;
    }

    private static (string Name, int Port) Split(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > 0 && host.IndexOf(':', StringComparison.Ordinal) == colon && int.TryParse(host.AsSpan(colon + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var port)
            ? (host[..colon], port)
            : (host.Trim('[', ']'), Port);
    }

    // 32 bits of seconds since 1900 and 32 bits of a fraction.
    private static ulong Write(DateTimeOffset moment)
    {
        var ticks = (ulong)(moment - Era).Ticks;
        var seconds = ticks / TimeSpan.TicksPerSecond;
        return (seconds << 32) | (((ticks % TimeSpan.TicksPerSecond) << 32) / TimeSpan.TicksPerSecond);
    }

    private static DateTimeOffset Read(ReadOnlySpan<byte> field)
    {
        var value = BinaryPrimitives.ReadUInt64BigEndian(field);
        var fraction = (long)(((value & uint.MaxValue) * TimeSpan.TicksPerSecond) >> 32);
        return Era.AddTicks((long)(value >> 32) * TimeSpan.TicksPerSecond + fraction);
    }
}
