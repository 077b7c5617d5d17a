using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Tests.Floods;
using Praefect.Wire.Tests.Nodes;
using Praefect.Wire.Tests.Yamux;

namespace Praefect.Wire.Tests.Backchannel;

/// <summary>Which connections the server ends, and what it says of them.</summary>
public sealed class EndedConnectionsTests
{
    private const byte PingFrame = 6;
    private const byte GoAwayFrame = 7;

    [Fact]
    public async Task A_connection_without_calls_stays_open()
    {
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, static context => context.Response.WriteAsync("here"));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(node.Address.EndPoint);
        await socket.SendAsync(RawClient.Preface);
        await using var stream = new NetworkStream(socket);

        // Kestrel looks at its time limits once a second. Nothing is to come but the first frames; then it answers as ever.
        var next = NextAsync(stream, GoAwayFrame, PingFrame);
        await Assert.ThrowsAsync<TimeoutException>(() => next.WaitAsync(TimeSpan.FromSeconds(3)));
        await socket.SendAsync(RawClient.Frame(PingFrame, 0, 0, new byte[8]));
        Assert.Equal(PingFrame, await next.WaitAsync(SessionPair.Patience));
    }

    [Fact]
    public async Task Why_a_connection_is_ended_is_logged()
    {
        var logs = new Logs();
        await using var node = await TestNode.StartAsync(NodeKind.Tcp, static context => context.Response.WriteAsync("here"), logs: logs);
        await using var client = await RawClient.ConnectAsync(node.Address, RawClient.Preface);

        // Data on a stream that never was.
        await client.SendAsync(RawClient.Frame(0, 0, 7, [1]));
        await logs.UntilAsync(static line => line.Contains("is told to go away, stream closed", StringComparison.Ordinal)
            || line.Contains("is told to go away, protocol error", StringComparison.Ordinal)).WaitAsync(SessionPair.Patience);
    }

    [Fact]
    public async Task A_client_that_says_nothing_is_logged()
    {
        var logs = new Logs();
        await using var node = await TestNode.StartAsync(
            NodeKind.Tcp, static context => context.Response.WriteAsync("here"), handshakeTimeout: TimeSpan.FromMilliseconds(50), logs: logs);
        await using var client = await RawClient.ConnectAsync(node.Address, []);
        await logs.UntilAsync(static line => line.Contains("did not begin to speak", StringComparison.Ordinal)).WaitAsync(SessionPair.Patience);
    }

    private static async Task<byte> NextAsync(NetworkStream stream, params byte[] kinds)
    {
        var header = new byte[9];
        while (true)
        {
            await stream.ReadExactlyAsync(header);
            var length = (header[0] << 16) | (header[1] << 8) | header[2];
            await stream.ReadExactlyAsync(new byte[length]);
            if (kinds.Contains(header[3]))
                return header[3];
        }
    }

    private sealed class Logs : ILoggerProvider, ILogger
    {
        private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

        public async Task UntilAsync(Predicate<string> wanted)
        {
            while (!wanted(await _lines.Reader.ReadAsync()))
            {
                // Others' lines.
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                _lines.Writer.TryWrite(formatter(state, exception));
        }

        public void Dispose() => _lines.Writer.TryComplete();
    }
}
