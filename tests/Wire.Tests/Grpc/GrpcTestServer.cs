using System.Net;
using System.Net.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Praefect.Tests.Shared;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;

namespace Praefect.Wire.Tests.Grpc;

/// <summary>Kestrel on a free port, speaking HTTP/2 without TLS, with scripted methods or a raw handler.</summary>
internal sealed class GrpcTestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SocketsHttpHandler _handler = new();

    private GrpcTestServer(WebApplication app)
    {
        _app = app;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Port = new Uri(address).Port;
        _handler.ConnectCallback = async (_, ct) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        };
        Invoker = new HttpMessageInvoker(_handler);
        Channel = new GrpcChannel(Invoker);
    }

    public int Port { get; }

    public HttpMessageInvoker Invoker { get; }

    public GrpcChannel Channel { get; }

    public static Task<GrpcTestServer> StartAsync(RequestDelegate handler) => StartAsync(static _ => { }, app => app.Run(handler));

    public static Task<GrpcTestServer> StartAsync(ScriptedMethods methods, int maxMessageBytes = GrpcCallOptions.DefaultMaxMessageBytes) => StartAsync(
        builder => builder.Services.AddGrpcServing(maxMessageBytes).AddGrpcHealth(), app => methods.Serve(app, health: true));

    /// <summary>Tells the host to stop, and waits for nothing.</summary>
    public void BeginStop() => _app.Lifetime.StopApplication();

    private static async Task<GrpcTestServer> StartAsync(Action<WebApplicationBuilder> add, Action<WebApplication> use)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            KestrelGrpcLimits.Apply(k);
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
        });
        add(builder);
        var app = builder.Build();
        use(app);
        await app.StartAsync();
        return new GrpcTestServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        Invoker.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}
