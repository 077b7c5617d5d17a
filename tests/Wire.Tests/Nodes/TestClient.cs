using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Tests.Nodes;

/// <summary>A gateway's side: a connection to one node, and a Kestrel that serves what the node calls back.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly WebApplication? _app;

    private TestClient(NodeConnection connection, SidechannelRegistry sidechannels, WebApplication? app)
    {
        Connection = connection;
        Sidechannels = sidechannels;
        _app = app;
    }

    public NodeConnection Connection { get; }

    public SidechannelRegistry Sidechannels { get; }

    public static async Task<TestClient> StartAsync(NodeAddress address, RequestDelegate? callback = null, NodeConnectionSettings? settings = null)
    {
        WebApplication? app = null;
        IBackchannelAcceptor acceptor = NoBackchannelAcceptor.Instance;
        if (callback is not null)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddBackchannelTransport();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenBackchannel());
            app = builder.Build();
            app.Run(callback);
            await app.StartAsync();
            acceptor = app.Services.GetRequiredService<IBackchannelAcceptor>();
        }

        var sidechannels = new SidechannelRegistry();
        settings ??= new NodeConnectionSettings { ValidateCertificate = (_, certificate, _, _) => string.Equals(certificate?.Subject, "CN=node", StringComparison.Ordinal) };
        var connection = new NodeConnection(
            new NodeOptions("default", "storage-1", address, "secret"), sidechannels, acceptor, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance, settings);
        return new TestClient(connection, sidechannels, app);
    }

    public static async Task<string> SendAsync(HttpMessageInvoker invoker, string path, string body = "", string? authority = null, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(NodeConnection.BaseAddress, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(body),
        };
        if (authority is not null)
            request.Headers.TryAddWithoutValidation("Host", authority);
        using var response = await invoker.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_app is null)
            return;
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
