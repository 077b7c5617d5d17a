using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.StorageNode.Hosting;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;
using Microsoft.Extensions.Logging.Abstractions;

namespace Praefect.Commands.Tests;

/// <summary>Three storage nodes and a praefect in this process, on sockets in a folder of their own, and commands on them.</summary>
public sealed class LiveCluster : IAsyncLifetime
{
    /// <summary>Name of the virtual storage.</summary>
    public const string VirtualStorage = "default";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TestFolder _folder = new();
    private readonly Dictionary<string, StorageNodeServer> _nodes = new(StringComparer.Ordinal);
    private PraefectServer? _server;
    private NodeConnection? _client;

    /// <summary>Names of the storages.</summary>
    public static IReadOnlyList<string> Storages { get; } = ["gitaly-1", "gitaly-2", "gitaly-3"];

    /// <summary>The configuration file.</summary>
    public string Config => Path.Combine(_folder.Root, "praefect.toml");

    public async Task InitializeAsync()
    {
        foreach (var storage in Storages)
        {
            Directory.CreateDirectory(DiskOf(storage));
            await StartNodeAsync(storage);
        }

        _folder.Write("praefect.toml", $"""
            socket_path = "{Socket("praefect")}"
            [auth]
            token = "secret"
            [logging]
            level = "error"
            [store]
            path = "{_folder.Root}/store.db"
            [[virtual_storage]]
            name = "{VirtualStorage}"
            node = [{string.Join(", ", Storages.Select(storage => $$"""{ storage = "{{storage}}", address = "unix:{{Socket(storage)}}", token = "node" }"""))}]
            """);
        _server = await PraefectServer.StartAsync(await ConfigurationFile.LoadAsync(Config, TimeProvider.System, default), TimeProvider.System, default);
        _client = new NodeConnection(
            new NodeOptions("test", "test", NodeAddress.Parse($"unix:{Socket("praefect")}"), "secret"),
            new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
            await _client.DisposeAsync();
        if (_server is not null)
        {
            await _server.StopAsync(default);
            await _server.DisposeAsync();
        }

        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>The folder of a storage.</summary>
    public string DiskOf(string storage) => Path.Combine(_folder.Root, "disk-" + storage);

    /// <summary>Runs a command; words in quotes do not occur.</summary>
    internal Task<CommandResult> RunAsync(string line) => CommandResult.OfAsync(["-config", Config, .. line.Split(' ')]);

    /// <summary>Writes a file into the cluster's folder.</summary>
    internal string Write(string name, string text) => _folder.Write(name, text);

    /// <summary>Creates a repository through the gateway.</summary>
    internal async Task CreateAsync(string relativePath) => await _client!.Channel.UnaryAsync(
        Methods.Repository.CreateRepository,
        new CreateRepositoryRequest { Repository = new Repository { StorageName = VirtualStorage, RelativePath = relativePath } },
        CreateRepositoryResponse.Parser, new GrpcCallOptions { Timeout = Limit }, default);

    /// <summary>Points a repository's HEAD at a branch, through the gateway: the smallest write there is.</summary>
    internal async Task WriteHeadAsync(string relativePath, string branch) => await _client!.Channel.UnaryAsync(
        Methods.Repository.WriteRef,
        new WriteRefRequest
        {
            Repository = new Repository { StorageName = VirtualStorage, RelativePath = relativePath },
            Ref = ByteString.CopyFromUtf8("HEAD"),
            Revision = ByteString.CopyFromUtf8("refs/heads/" + branch),
        },
        WriteRefResponse.Parser, new GrpcCallOptions { Timeout = Limit }, default);

    /// <summary>Starts a storage's node.</summary>
    internal async Task StartNodeAsync(string storage) => _nodes.Add(storage, await StorageNodeServer.StartAsync(new StorageNodeOptions
    {
        Storages = [new StorageOptions(storage, DiskOf(storage))],
        Listen = [$"unix:{Socket(storage)}"],
        Token = "node",
        Durable = false,
    }));

    /// <summary>Stops a storage's node.</summary>
    internal async Task StopNodeAsync(string storage)
    {
        if (_nodes.Remove(storage, out var node))
            await node.DisposeAsync();
    }

    /// <summary>Puts a repository on a storage's disk behind the gateway's back.</summary>
    internal async Task InitAsync(string storage, string path)
    {
        var start = new ProcessStartInfo("git", ["init", "-q", "--bare", Path.Combine(DiskOf(storage), path)]) { UseShellExecute = false };
        using var git = Process.Start(start)!;
        await git.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, git.ExitCode);
    }

    /// <summary>Repeats a command until its output is as wanted.</summary>
    internal async Task<CommandResult> EventuallyAsync(string line, Func<CommandResult, bool> wanted)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var result = await RunAsync(line);
            if (wanted(result))
                return result;
            if (Stopwatch.GetElapsedTime(started) > Limit)
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"\"{line}\" last ended with {result.Code}: {result.Output}{result.Errors}"));
            await Task.Delay(50);
        }
    }

    /// <summary>The socket of a storage's node.</summary>
    internal string SocketOf(string storage) => Socket(storage);

    private string Socket(string name) => Path.Combine(_folder.Root, name + ".s");
}
