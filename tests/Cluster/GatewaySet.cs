using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Praefect.Wire.Grpc;

namespace Praefect.Cluster;

/// <summary>One gateway as its clients see it.</summary>
internal sealed class GatewayEndpoint(string name, GrpcChannel channel)
{
    public string Name { get; } = name;

    public GrpcChannel Channel { get; } = channel;

    public long AvoidUntil { get; set; }
}

/// <summary>The gateways that clients know of: what a load balancer does.</summary>
internal sealed class GatewaySet(TimeProvider time)
{
    private static readonly TimeSpan AvoidFor = TimeSpan.FromSeconds(1);
    private ImmutableArray<GatewayEndpoint> _all = [];
    private int _next;

    public void Add(Member gateway) => Add(gateway.Name, gateway.Port);

    public void Add(string name, int port) => _all = _all.Add(new GatewayEndpoint(name, new GrpcChannel(Invoker(port))));

    /// <summary>New calls go elsewhere; those under way end.</summary>
    public void Remove(Member gateway) => _all = _all.RemoveAll(endpoint => endpoint.Name == gateway.Name);

    /// <summary>The next one in turn that is not passed over; if all are, the next one.</summary>
    public GatewayEndpoint Next()
    {
        var all = _all;
        var now = time.GetTimestamp();
        var first = (uint)Interlocked.Increment(ref _next);
        for (var i = 0u; i < all.Length; i++)
        {
            var candidate = all[(int)((first + i) % all.Length)];
            if (candidate.AvoidUntil <= now)
                return candidate;
        }

        return all[(int)(first % all.Length)];
    }

    public void PassOver(GatewayEndpoint endpoint) => endpoint.AvoidUntil = time.GetTimestamp() + (long)(AvoidFor.TotalSeconds * time.TimestampFrequency);

    private static HttpMessageInvoker Invoker(int port) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });
}
