using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Praefect.StorageNode.Hosting;
using Praefect.Wire.Backchannel;
using Praefect.Wire.GitHttp;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.StorageNode.Tests;

/// <summary>A node in this process, a connection to it, and Git over HTTP in front of it.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private readonly StorageNodeServer? _server;

    private TestNode(StorageNodeServer? server, string address, string storage, string path, string token)
    {
        _server = server;
        Address = address;
        Storage = storage;
        Path = path;
        Token = token;
        Connection = Connect(NoBackchannelAcceptor.Instance);
    }

    public string Address { get; }

    public string Storage { get; }

    public string Path { get; }

    public string Token { get; }

    public SidechannelRegistry Sidechannels { get; } = new();

    public NodeConnection Connection { get; }

    public GrpcChannel Channel => Connection.Channel;

    public static async Task<TestNode> StartAsync(string path, string storage = "default", string token = "")
    {
        Directory.CreateDirectory(path);
        var server = await StorageNodeServer.StartAsync(new StorageNodeOptions
        {
            Storages = [new StorageOptions(storage, path)],
            Listen = ["tcp://127.0.0.1:0"],
            Token = token,
            Durable = false,
        });
        return new TestNode(server, server.Addresses[0], storage, path, token);
    }

    /// <summary>A node that runs elsewhere.</summary>
    public static TestNode At(string address, string path) => new(server: null, address, "default", path, token: "");

    public NodeConnection Connect(IBackchannelAcceptor acceptor)
    {
        var options = new NodeOptions("vs", Storage, NodeAddress.Parse(Address), Token);
        var connection = new NodeConnection(options, Sidechannels, acceptor, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
        _owned.Add(connection);
        return connection;
    }

    public Repository Repository(string path = "a/b.git") => new() { StorageName = Storage, RelativePath = path };

    public string Folder(string path = "a/b.git") => System.IO.Path.Combine(Path, path);

    public async Task<Repository> CreateAsync(string path = "a/b.git")
    {
        await CallAsync("RepositoryService/CreateRepository", new CreateRepositoryRequest { Repository = Repository(path) }, CreateRepositoryResponse.Parser);
        return Repository(path);
    }

    public Task<T> CallAsync<TRequest, T>(string method, TRequest request, MessageParser<T> parser, GrpcMetadata? metadata = null, GrpcChannel? channel = null)
        where TRequest : class, IMessage<TRequest>
        where T : class, IMessage<T> =>
        (channel ?? Channel).UnaryAsync("/gitaly." + method, request, parser, new GrpcCallOptions { Metadata = metadata, Timeout = TimeSpan.FromMinutes(2) }, default);

    public async Task<List<T>> StreamAsync<TRequest, T>(
        string method, IEnumerable<TRequest> requests, MessageParser<T> parser, GrpcMetadata? metadata = null, GrpcChannel? channel = null)
        where TRequest : class, IMessage<TRequest>
        where T : class, IMessage<T>
    {
        var options = new GrpcCallOptions { Metadata = metadata, Timeout = TimeSpan.FromMinutes(2) };
        await using var call = (channel ?? Channel).Open<TRequest, T>("/gitaly." + method, parser, options, default);
        foreach (var request in requests)
        {
            await call.WriteAsync(request, default);
        }

        await call.CompleteAsync(default);
        var responses = new List<T>();
        await foreach (var response in call.ReadAllAsync(default))
        {
            responses.Add(response);
        }

        return responses;
    }

    public async Task<string> ChecksumAsync(string path = "a/b.git") =>
        (await CallAsync("RepositoryService/CalculateChecksum", new CalculateChecksumRequest { Repository = Repository(path) }, CalculateChecksumResponse.Parser)).Checksum;

    /// <summary>Starts Git over HTTP; returns the URL of the front.</summary>
    public async Task<Uri> ServeHttpAsync(NodeConnection? connection = null, GrpcMetadata? metadata = null)
    {
        var via = connection ?? Connection;
        var bridge = new GitHttpBridge(
            (_, request) => ValueTask.FromResult<GitHttpTarget?>(
                new GitHttpTarget(connection is null ? via.Channel : via.MultiplexedChannel, via.MultiplexedChannel, Sidechannels, Repository(request.RepositoryPath)) { Metadata = metadata }),
            NullLogger<GitHttpBridge>.Instance);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var application = builder.Build();
        application.Run(bridge.HandleAsync);
        await application.StartAsync();
        _owned.Add(application);
        return new Uri(application.Urls.First().TrimEnd('/') + "/");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    public static async Task<GrpcStatus> FailsAsync(Func<Task> call) => (await Assert.ThrowsAsync<GrpcException>(call)).Status;

    public static GrpcMetadata Servers(TestNode source)
    {
        var server = new Dictionary<string, string>(StringComparer.Ordinal) { ["address"] = source.Address, ["token"] = source.Token };
        var servers = new Dictionary<string, object>(StringComparer.Ordinal) { [source.Storage] = server };
        return new GrpcMetadata { { "gitaly-servers", Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(servers)) } };
    }
}
