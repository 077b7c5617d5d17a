using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Praefect.Wire.Nodes;

/// <summary>Makes the byte stream to a node: socket, and TLS where the address says so.</summary>
internal static class NodeDialer
{
    private static readonly List<SslApplicationProtocol> s_http2 = [SslApplicationProtocol.Http2];

    /// <exception cref="IOException"><c>dial "vs"/"storage": …</c></exception>
    public static async Task<Stream> DialAsync(
        NodeOptions node, NodeConnectionSettings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(settings.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var network = await ConnectAsync(node.Address, either.Token);
            return node.Address.Scheme == NodeScheme.Tls
                ? await SecureAsync(network, node.Address.Host, settings, either.Token)
                : network;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(node, $"no connection within {settings.ConnectTimeout.TotalSeconds} s", inner: null);
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            throw Failed(node, e.Message, e);
        }
    }

    private static IOException Failed(NodeOptions node, string reason, Exception? inner) =>
        new($"dial \"{node.VirtualStorage}\"/\"{node.Storage}\": {reason}", inner);

    private static async Task<NetworkStream> ConnectAsync(NodeAddress address, CancellationToken cancellationToken)
    {
        var socket = address.Scheme == NodeScheme.Unix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.EndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(
        NetworkStream network, string host, NodeConnectionSettings settings, CancellationToken cancellationToken)
    {
        var tls = new SslStream(network, leaveInnerStreamOpen: false);
        try
        {
            // HTTP/2 is offered, since newer servers insist, but not demanded: balancers on the way may strip the answer.
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    ApplicationProtocols = s_http2,
                    RemoteCertificateValidationCallback = settings.ValidateCertificate,
                },
                cancellationToken);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
