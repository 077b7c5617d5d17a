using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Gateway.Grains;
using Praefect.Grains.Catalogue;
using Praefect.Wire.Auth;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>A gateway on a real port in front of scripted nodes, with hand-written grains, and one client.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    public const string VirtualStorage = "default";
    public const string Path = "group/project.git";
    public const string NodeToken = "node-secret";

    private readonly WebApplication _app;
    private readonly SidechannelRegistry _clientSidechannels = new();
    private NodeConnection? _client;

    private TestCluster(
        ImmutableArray<FakeNode> nodes, Action<GatewayOptions>? configure, IReadOnlyDictionary<string, string> otherAddresses, Action<IServiceCollection>? add)
    {
        Nodes = nodes;
        Grains = new FakeGrains([.. nodes.Select(n => n.Storage)]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(Logs);
        builder.Services.AddSingleton<IRepositoryCatalogue>(Catalogue);
        builder.Services.AddBackchannelTransport();
        builder.Services.AddSingleton<SidechannelRegistry>();
        builder.Services.AddSingleton<IGatewayGrains>(Grains);
        builder.Services.AddSingleton(p => new NodeConnectionPool(
            nodes.Select(n => new NodeOptions(VirtualStorage, n.Storage, NodeAddress.Parse(otherAddresses.GetValueOrDefault(n.Storage, n.Address)), NodeToken)),
            p.GetRequiredService<SidechannelRegistry>(), p.GetRequiredService<IBackchannelAcceptor>(), new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance));
        builder.Services.AddGateway();
        builder.Services.Configure<GatewayOptions>(options =>
        {
            options.AccessLog = false;
            options.GraceAfterPrimaryFailure = TimeSpan.FromMilliseconds(200);
            configure?.Invoke(options);
        });
        // What a test brings wins over what every test has.
        add?.Invoke(builder.Services);
        builder.WebHost.ConfigureKestrel(k =>
        {
            KestrelGrpcLimits.Apply(k);
            k.ListenBackchannel();
            k.Listen(IPAddress.Loopback, 0, l => l.UseBackchannel(YamuxOptions.Accepting));
        });
        _app = builder.Build();
        _app.UseGateway();
    }

    public ImmutableArray<FakeNode> Nodes { get; }

    public FakeGrains Grains { get; }

    public FakeCatalogue Catalogue { get; } = new();

    public CapturedLogs Logs { get; } = new();

    public FakeRepository Repository => Grains.At(VirtualStorage, Path);

    public IServiceProvider Services => _app.Services;

    /// <summary>Typed calls to the gateway, plain.</summary>
    public GrpcChannel Client => _client!.Channel;

    /// <summary>Typed calls to the gateway over a connection with backchannel.</summary>
    public GrpcChannel MultiplexedClient => _client!.MultiplexedChannel;

    public SidechannelRegistry ClientSidechannels => _clientSidechannels;

    public string Address { get; private set; } = "";

    public static Repository Target => new() { StorageName = VirtualStorage, RelativePath = Path };

    public static async Task<TestCluster> StartAsync(
        int nodes = 1, Action<GatewayOptions>? configure = null, string clientToken = "", IReadOnlyDictionary<string, string>? otherAddresses = null,
        Action<IServiceCollection>? add = null)
    {
        var started = await Task.WhenAll(Enumerable.Range(1, nodes).Select(i => FakeNode.StartAsync($"gitaly-{i}")));
        var cluster = new TestCluster([.. started], configure, otherAddresses ?? ImmutableDictionary<string, string>.Empty, add);
        await cluster._app.StartAsync();
        cluster.Address = cluster._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Single(a => a.Contains("127.0.0.1", StringComparison.Ordinal)).Replace("http://", "tcp://", StringComparison.Ordinal);
        cluster._client = new NodeConnection(
            new NodeOptions("client", "gateway", NodeAddress.Parse(cluster.Address), clientToken),
            cluster._clientSidechannels, NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        return cluster;
    }

    /// <summary>For raw requests to the gateway.</summary>
    public HttpMessageInvoker Raw => _client!.Plain;

    /// <summary>A raw request, for what typed calls hide.</summary>
    public static HttpRequestMessage Request(string path, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(NodeConnection.BaseAddress, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        request.Headers.TryAddWithoutValidation("te", "trailers");
        return request;
    }

    public async Task<HttpResponseMessage> SendRawAsync(string path, byte[] body, Action<HttpRequestMessage>? configure = null, CancellationToken ct = default)
    {
        var request = Request(path, body);
        configure?.Invoke(request);
        return await Raw.SendAsync(request, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _client!.DisposeAsync();
        foreach (var node in Nodes)
            await node.DisposeAsync();
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
