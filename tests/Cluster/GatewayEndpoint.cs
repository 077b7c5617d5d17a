using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Praefect.Wire.Grpc;

namespace Praefect.Cluster;

/// <summary>One process that takes calls, as its clients see it.</summary>
internal sealed class GatewayEndpoint
{
    private readonly ConcurrentDictionary<Socket, bool> _connections = new();
    private readonly int _port;
    private volatile bool _isOut;
    private long _avoidUntil;

    /// <param name="name">Its name.</param>
    /// <param name="port">Its port for gRPC.</param>
    /// <param name="metricsPort">Where it says whether it is ready.</param>
    public GatewayEndpoint(string name, int port, int metricsPort)
    {
        (Name, _port) = (name, port);
        Ready = new Uri($"http://127.0.0.1:{metricsPort}/-/ready");
        Channel = new GrpcChannel(new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = ConnectAsync }));
    }

    public string Name { get; }

    public Uri Ready { get; }

    public GrpcChannel Channel { get; }

    /// <summary>Whether it is taken for one that does not serve.</summary>
    public bool IsOut => _isOut;

    /// <summary>Whether new calls go elsewhere.</summary>
    public bool IsPassedOver(long now) => _isOut || Volatile.Read(ref _avoidUntil) > now;

    /// <summary>New calls go elsewhere until then.</summary>
    public void AvoidUntil(long timestamp) => Volatile.Write(ref _avoidUntil, timestamp);

    /// <summary>Says whether it is taken for one that serves.</summary>
    public void Mark(bool serves) => _isOut = !serves;

    /// <summary>Ends the connections to it, and the calls on them.</summary>
    public void Disconnect()
    {
        foreach (var socket in _connections.Keys)
        {
            if (_connections.TryRemove(socket, out _))
                socket.Dispose();
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _port), cancellationToken);
        _connections[socket] = true;
        return new NetworkStream(socket, ownsSocket: true);
    }
}
