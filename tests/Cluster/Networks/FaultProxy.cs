using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Praefect.Cluster.Networks;

/// <summary>Passes connections on to a port of a process, each over the link between that process and the one that opened it.</summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<int, Task> _relays = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Func<int, int, Link> _link;
    private readonly TimeProvider _time;
    private readonly Task _accepting;

    /// <param name="target">Port of the process.</param>
    /// <param name="link">The link for a connection, by its client's port and this one.</param>
    /// <param name="time">For slow links.</param>
    public FaultProxy(int target, Func<int, int, Link> link, TimeProvider time)
    {
        (_target, _link, _time) = (new IPEndPoint(IPAddress.Loopback, target), link, time);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_relays.Values);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (var number = 0; ; number++)
            {
                if (await NextAsync() is { } client)
                    _relays[number] = RelayAsync(number, client);
            }
        }
        catch (OperationCanceledException)
        {
            // The proxy is taken away.
        }
    }

    // Null: the client had gone before it was accepted.
    private async Task<Socket?> NextAsync()
    {
        try
        {
            return await _listener.AcceptAsync(_stop.Token);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private async Task RelayAsync(int number, Socket client)
    {
        await Task.Yield();
        if (client.RemoteEndPoint is IPEndPoint { Port: var port })
            await new Relay(client, _link(port, Port), _target, _time).RunAsync(_stop.Token);
        else
            client.Dispose();
        _relays.TryRemove(number, out _);
    }
}
