using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Praefect.Wire.Grpc;

namespace Praefect.Trial.Clusters;

/// <summary>Typed gRPC calls to a port on loopback.</summary>
public sealed class LoopbackGrpc : IDisposable
{
    private static readonly TimeSpan CallMax = TimeSpan.FromSeconds(30);

    private readonly HttpMessageInvoker _invoker;
    private readonly GrpcChannel _channel;

    /// <summary>Connects at the first call.</summary>
    public LoopbackGrpc(int port)
    {
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        });
        _channel = new GrpcChannel(_invoker);
    }

    /// <summary>One request, one response, within half a minute.</summary>
    /// <exception cref="GrpcException">The call failed.</exception>
    public Task<TResponse> CallAsync<TRequest, TResponse>(
        string path, TRequest request, MessageParser<TResponse> parser, GrpcMetadata? metadata, CancellationToken cancellationToken)
        where TRequest : class, IMessage
        where TResponse : class, IMessage<TResponse> =>
        _channel.UnaryAsync(path, request, parser, new GrpcCallOptions { Metadata = metadata, Timeout = CallMax }, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _invoker.Dispose();
}
