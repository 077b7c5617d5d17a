using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Health.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>One process with all three of Praefect's listeners at once, called over each in both ways.</summary>
public sealed class ListenersTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-listen-").FullName;
    private string _thumbprint = "";
    private RunningPraefect _praefect = null!;

    private string Socket => Path.Combine(_folder, "p.socket");

    public async Task InitializeAsync()
    {
        await WriteCertificateAsync();
        _praefect = await RunningPraefect.StartAsync(_folder, $"""
            listen_addr = "127.0.0.1:0"
            tls_listen_addr = "tls://127.0.0.1:0"
            socket_path = "{Socket}"
            [tls]
            certificate_path = "{Path.Combine(_folder, "cert.pem")}"
            key_path = "{Path.Combine(_folder, "key.pem")}"
            min_version = "TLS 1.3"
            """);
    }

    public async Task DisposeAsync()
    {
        await _praefect.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    [InlineData("unix")]
    public async Task Each_listener_takes_plain_and_multiplexed_calls(string kind)
    {
        await using var connection = Connect(NodeAddress.Parse(AddressOf(kind)));

        foreach (var channel in new[] { connection.Channel, connection.MultiplexedChannel })
        {
            var answer = await channel.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, null, CancellationToken.None).WaitAsync(Patience);
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
        }
    }

    [Fact]
    public async Task A_stop_ends_every_listener()
    {
        var connections = new[] { "tcp", "tls", "unix" }.Select(kind => Connect(NodeAddress.Parse(AddressOf(kind)))).ToArray();
        foreach (var connection in connections)
            await CheckAsync(connection);

        await _praefect.StopAsync();

        foreach (var connection in connections)
        {
            var e = await Assert.ThrowsAsync<GrpcException>(() => CheckAsync(connection));
            Assert.Equal(GrpcStatusCode.Unavailable, e.Status.Code);
            await connection.DisposeAsync();
        }

        static Task CheckAsync(NodeConnection connection) => connection.Channel
            .UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, null, CancellationToken.None).WaitAsync(Patience);
    }

    [Fact]
    public async Task A_client_that_offers_no_protocol_in_its_handshake_is_served_over_tls()
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, new Uri(AddressOf("tls")).Port, cancellationToken);
                var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", RemoteCertificateValidationCallback = IsOurs }, cancellationToken);
                return tls;
            },
        };
        using var invoker = new HttpMessageInvoker(handler);
        var channel = new GrpcChannel(invoker);

        var answer = await channel.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, null, CancellationToken.None).WaitAsync(Patience);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }

    [Fact]
    public async Task A_handshake_below_the_lowest_version_is_refused()
    {
        Assert.Equal(SslProtocols.Tls13, await HandshakeAsync(SslProtocols.Tls12 | SslProtocols.Tls13));
        var refused = await Record.ExceptionAsync(() => HandshakeAsync(SslProtocols.Tls12));
        Assert.True(refused is AuthenticationException or IOException, refused?.ToString());
    }

    private async Task<SslProtocols> HandshakeAsync(SslProtocols offered)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var limit = new CancellationTokenSource(Patience);
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(AddressOf("tls")).Port, limit.Token);
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "127.0.0.1", RemoteCertificateValidationCallback = IsOurs, EnabledSslProtocols = offered }, limit.Token);
        return tls.SslProtocol;
    }

    private string AddressOf(string kind) => kind switch
    {
        "unix" => "unix:" + Socket,
        "tls" => Assert.Single(_praefect.Addresses, address => address.StartsWith("https://", StringComparison.Ordinal)).Replace("https://", "tls://", StringComparison.Ordinal),
        _ => _praefect.Addresses.First(address => address.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)).Replace("http://", "tcp://", StringComparison.Ordinal),
    };

    private NodeConnection Connect(NodeAddress address) => new(
        new NodeOptions("default", "praefect", address, string.Empty),
        new SidechannelRegistry(),
        NoBackchannelAcceptor.Instance,
        new YamuxOptions(),
        TimeProvider.System,
        NullLoggerFactory.Instance,
        new NodeConnectionSettings { ValidateCertificate = IsOurs });

    private bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null && string.Equals(certificate.GetCertHashString(HashAlgorithmName.SHA256), _thumbprint, StringComparison.Ordinal);

    private async Task WriteCertificateAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = DateTimeOffset.UtcNow;
        using var certificate = new CertificateRequest("CN=praefect", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        _thumbprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        await File.WriteAllTextAsync(Path.Combine(_folder, "cert.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
    }
}
