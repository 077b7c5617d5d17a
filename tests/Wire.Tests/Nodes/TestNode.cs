using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Nodes;

internal enum NodeKind
{
    Tcp,
    Tls,
    Unix,
}

/// <summary>A real Kestrel that speaks HTTP/2 with and without backchannel on one port, as a storage node does.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestNode(WebApplication app, NodeAddress address)
    {
        _app = app;
        Address = address;
    }

    public NodeAddress Address { get; }

    public static async Task<TestNode> StartAsync(
        NodeKind kind, RequestDelegate handler, YamuxOptions? yamux = null, TimeSpan? handshakeTimeout = null, TimeProvider? time = null,
        ILoggerProvider? logs = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null)
            builder.Logging.AddProvider(logs);
        var socket = Path.Combine(Path.GetTempPath(), $"n{Guid.NewGuid():N}.sock");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            KestrelGrpcLimits.Apply(kestrel);
            Action<ListenOptions> configure = listen =>
            {
                if (kind == NodeKind.Tls)
                    listen.UseHttps(SelfSigned());
                listen.UseBackchannel(yamux ?? YamuxOptions.Accepting, handshakeTimeout, time);
            };
            if (kind == NodeKind.Unix)
                kestrel.ListenUnixSocket(socket, configure);
            else
                kestrel.Listen(IPAddress.Loopback, 0, configure);
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        var bound = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("unix:", "unix", StringComparison.Ordinal));
        return new TestNode(app, NodeAddress.Parse(kind switch
        {
            NodeKind.Unix => $"unix:{socket}",
            NodeKind.Tls => $"tls://127.0.0.1:{bound.Port}",
            _ => $"tcp://127.0.0.1:{bound.Port}",
        }));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
    }
}
