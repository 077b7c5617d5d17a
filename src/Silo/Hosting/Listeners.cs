using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Praefect.Silo.Configuration;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Processes;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Hosting;

/// <summary>Everything that the process listens on.</summary>
internal sealed class Listeners
{
    private static readonly Meter Meter = new("Praefect.Silo");
    private static readonly Counter<long> Connections = Meter.CreateCounter<long>(
        "gitaly_praefect_connections_total", description: "Connections accepted, by kind of listener.");

    private readonly IPEndPoint? _plain;
    private readonly IPEndPoint? _tls;
    private readonly IPEndPoint? _metrics;
    private readonly IPEndPoint? _gitHttp;
    private readonly string _socket;
    private readonly SslServerAuthenticationOptions? _certificate;
    private readonly ConnectionAge _age;
    private readonly List<(string Scheme, ListenOptions Options)> _offered = [];
    private ListenOptions? _own;

    private Listeners(IPEndPoint? plain, IPEndPoint? tls, IPEndPoint? metrics, IPEndPoint? gitHttp, string socket, SslServerAuthenticationOptions? certificate,
        ConnectionAge age)
    {
        _plain = plain;
        _tls = tls;
        _metrics = metrics;
        _gitHttp = gitHttp;
        _socket = socket;
        _certificate = certificate;
        _age = age;
    }

    /// <summary>Resolves names, loads the certificate and clears away the socket of a dead process.</summary>
    /// <exception cref="ConfigurationException">A name cannot be resolved.</exception>
    /// <exception cref="StartException">The certificate cannot be loaded, or the socket is in use.</exception>
    public static async Task<Listeners> PrepareAsync(PraefectOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = ListenEndpoint.SocketPath(options.SocketPath);
        if (socket.Length > 0)
            await ClearAsync(socket, cancellationToken);
        return new Listeners(
            await ResolveAsync(options.ListenAddress, "tcp", cancellationToken),
            await ResolveAsync(options.TlsListenAddress, "tls", cancellationToken),
            await ResolveAsync(options.PrometheusListenAddress, "tcp", cancellationToken),
            await ResolveAsync(options.GitHttp.ListenAddress, "tcp", cancellationToken),
            socket,
            options.TlsListenAddress.Length > 0 ? Certificate(options.Tls) : null,
            new ConnectionAge(options.Silo.ConnectionAge, time));
    }

    /// <summary>Has Kestrel listen on all of them, and on what storage nodes call back over.</summary>
    public void Configure(KestrelServerOptions kestrel)
    {
        KestrelGrpcLimits.Apply(kestrel);
        kestrel.ListenBackchannel();
        if (_plain is not null)
            kestrel.Listen(_plain, listen => Offered("http", Grpc(_own = listen, "tcp")));
        if (_socket.Length > 0)
        {
            kestrel.ListenUnixSocket(_socket, listen =>
            {
                _own ??= listen;
                Offered("http", Grpc(listen, "unix"));
            });
        }

        if (_tls is not null)
        {
            kestrel.Listen(_tls, listen =>
            {
                listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(_certificate!) });
                Offered("https", Grpc(listen, "tls"));
            });
        }

        if (_metrics is not null)
            kestrel.Listen(_metrics, listen => Offered("http", Http(listen, ListenerRole.Metrics)));
        if (_gitHttp is null)
            return;
        kestrel.Listen(_gitHttp, listen => Offered("http", Http(listen, ListenerRole.GitHttp)));

        // The front is a client of the gateway; where that listens with TLS only, the front gets a way in that never leaves the machine.
        if (_own is null)
            kestrel.Listen(IPAddress.Loopback, 0, listen => Grpc(_own = listen, "tcp"));
    }

    /// <summary>What others can connect to, with the ports that were chosen for those given as 0, once they are bound: what only this process uses is left out.</summary>
    public IReadOnlyCollection<string> Addresses() =>
        [.. _offered.Select(static offered => offered.Options.SocketPath is { } path ? $"unix:{path}" : $"{offered.Scheme}://{offered.Options.IPEndPoint}")];

    /// <summary>How this process reaches its own gRPC port, once that is bound.</summary>
    public NodeAddress OwnAddress()
    {
        if (_own is not { } own)
            throw new InvalidOperationException("no gRPC port is bound");
        if (own.SocketPath is { } path)
            return NodeAddress.Parse($"unix:{path}");
        var endpoint = own.IPEndPoint!;
        var any = endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any);
        return NodeAddress.Parse($"tcp://{new IPEndPoint(any ? IPAddress.Loopback : endpoint.Address, endpoint.Port)}");
    }

    private void Offered(string scheme, ListenOptions listen) => _offered.Add((scheme, listen));

    private ListenOptions Grpc(ListenOptions listen, string type)
    {
        var label = new KeyValuePair<string, object?>("type", type);
        listen.Use(next => connection =>
        {
            Connections.Add(1, label);
            return next(connection);
        });
        _age.Limit(listen);
        listen.UseBackchannel(YamuxOptions.Accepting);
        return listen;
    }

    private static ListenOptions Http(ListenOptions listen, ListenerRole role)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            connection.Features.Set(role);
            return next(connection);
        });
        return listen;
    }

    private static async Task ClearAsync(string socket, CancellationToken cancellationToken)
    {
        try
        {
            await UnixSocketFile.ClearAsync(socket, cancellationToken);
        }
        catch (IOException e)
        {
            throw new StartException($"socket_path \"{socket}\" {e.Message}, or change socket_path", e);
        }
    }

    private static async Task<IPEndPoint?> ResolveAsync(string address, string scheme, CancellationToken cancellationToken) =>
        ListenEndpoint.TryParse(address, scheme, out var endpoint) ? await endpoint.ResolveAsync(cancellationToken) : null;

    private static SslServerAuthenticationOptions Certificate(TlsOptions tls)
    {
        try
        {
            var certificate = CertificatePair.Load(tls);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(tls.CertificatePath);
            return new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true),
                EnabledSslProtocols = tls.MinVersion == TlsOptions.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            };
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StartException($"load certificate key pair: {e.Message}", e);
        }
    }
}
