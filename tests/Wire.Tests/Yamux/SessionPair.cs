using System.Buffers;
using System.IO.Pipelines;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Yamux;

/// <summary>Two of our sessions, or one and a peer made by hand, over a pair of bounded in-memory pipes.</summary>
internal sealed class SessionPair : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private SessionPair(YamuxSession client, YamuxSession server)
    {
        Client = client;
        Server = server;
    }

    public YamuxSession Client { get; }

    public YamuxSession Server { get; }

    public static SessionPair Start(YamuxOptions? client = null, YamuxOptions? server = null)
    {
        var (left, right) = DuplexPipes();
        return new SessionPair(
            new YamuxSession(left, client: true, client ?? new YamuxOptions(), TimeProvider.System),
            new YamuxSession(right, client: false, server ?? new YamuxOptions(), TimeProvider.System));
    }

    public static (IDuplexPipe Left, IDuplexPipe Right) DuplexPipes()
    {
        var there = new Pipe();
        var back = new Pipe();
        return (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
    }

    /// <summary>A stream opened by the client and accepted by the server.</summary>
    public async Task<(YamuxStream Client, YamuxStream Server)> StreamAsync()
    {
        var opened = await Client.OpenStreamAsync(default);
        var accepted = await Server.AcceptStreamAsync(default).AsTask().WaitAsync(Patience);
        return (opened, accepted!);
    }

    public static async Task<byte[]> ReadAllAsync(YamuxStream stream)
    {
        using var memory = new MemoryStream();
        await stream.Input.CopyToAsync(memory).WaitAsync(Patience);
        return memory.ToArray();
    }

    public static async Task<byte[]> ReadAsync(PipeReader input, int count)
    {
        var result = await input.ReadAtLeastAsync(count).AsTask().WaitAsync(Patience);
        var bytes = result.Buffer.Slice(0, count).ToArray();
        input.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync().AsTask().WaitAsync(Patience);
        await Server.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
