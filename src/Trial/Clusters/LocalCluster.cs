using System.Collections.Immutable;
using System.Text;
using Praefect.Trial.Processes;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Clusters;

/// <summary>Storage nodes and one gateway as processes on this machine, all of it in one folder.</summary>
public sealed class LocalCluster : IAsyncDisposable
{
    /// <summary>Name of the virtual storage.</summary>
    public const string VirtualStorage = "default";

    /// <summary>How long a process may take until it serves, on a slow machine.</summary>
    public static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(60);

    /// <summary>How long a process may take to stop.</summary>
    public static readonly TimeSpan StopMax = TimeSpan.FromSeconds(20);

    private readonly ClusterFolder _folder;
    private readonly string _moreConfiguration;
    private readonly TimeProvider _time;

    /// <summary>Prepares the processes; nothing is started yet.</summary>
    /// <param name="folder">Where everything lies.</param>
    /// <param name="ports">Where everything listens; a node for each of its ports.</param>
    /// <param name="time">The clock.</param>
    /// <param name="moreConfiguration">TOML tables for the gateway's configuration.</param>
    public LocalCluster(ClusterFolder folder, ClusterPorts ports, TimeProvider time, string moreConfiguration = "")
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(ports);
        _folder = folder;
        _moreConfiguration = moreConfiguration;
        _time = time;
        Ports = ports;
        Nodes = [.. ports.Nodes.Select((port, i) => new ClusterNode(NodeName(i), port, folder.Storage(NodeName(i)), Node(NodeName(i), port)))];
        Gateway = new ManagedProcess(GatewaySpec(), time);
        Client = new GatewayClient(ports);
    }

    /// <summary>Where everything listens.</summary>
    public ClusterPorts Ports { get; }

    /// <summary>The storage nodes.</summary>
    public ImmutableArray<ClusterNode> Nodes { get; }

    /// <summary>The gateway.</summary>
    public ManagedProcess Gateway { get; }

    /// <summary>Calls to the gateway.</summary>
    public GatewayClient Client { get; }

    /// <summary>Starts everything, and ends when the gateway can route calls.</summary>
    /// <exception cref="ProcessFailedException">A process ended or took too long; the message shows its log.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(_folder.Configuration, ConfigurationText(), cancellationToken);
        foreach (var node in Nodes)
            node.Process.Start();

        // The gateway looks at the nodes before it serves, so it finds them all.
        await Task.WhenAll(Nodes.Select(node => node.Process.WaitUntilReadyAsync(ReadyMax, cancellationToken)));
        Gateway.Start();
        await Gateway.WaitUntilReadyAsync(ReadyMax, cancellationToken);
    }

    /// <summary>Stops the gateway, then the nodes; kills what does not stop.</summary>
    /// <returns>Whether all of them stopped by themselves.</returns>
    public async Task<bool> StopAsync()
    {
        var gateway = await Gateway.StopAsync(StopMax);
        var nodes = await Task.WhenAll(Nodes.Select(node => node.Process.StopAsync(StopMax)));
        return gateway && nodes.All(stopped => stopped);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var node in Nodes)
        {
            await node.Process.DisposeAsync();
            node.Client.Dispose();
        }

        Client.Dispose();
    }

    private static string NodeName(int index) => $"node-{index + 1}";

    private ManagedProcess Node(string name, int port) => new(
        new ProcessSpec
        {
            Name = name,
            FileName = DotnetHost.Path,
            Arguments =
            [
                DotnetHost.AssemblyOf("Praefect.StorageNode", "storage-node"),
                "--storage", name, "--path", _folder.Storage(name), "--listen", $"tcp://127.0.0.1:{port}", "--exit-with-stdin",
            ],
            LogFile = _folder.Log(name),
            Ready = async cancellationToken =>
            {
                using var client = new LoopbackGrpc(port);
                var health = await client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest(), HealthCheckResponse.Parser, null, cancellationToken);
                return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
            },
        },
        _time);

    private ProcessSpec GatewaySpec() => new()
    {
        Name = "praefect",
        FileName = DotnetHost.Path,
        Arguments = [DotnetHost.AssemblyOf("Praefect.Silo", "praefect"), "-config", _folder.Configuration, "--exit-with-stdin"],
        LogFile = _folder.Log("praefect"),
        Ready = cancellationToken => Client.IsReadyAsync(cancellationToken),
    };

    private string ConfigurationText()
    {
        var text = new StringBuilder();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"""
            # Written by the trial at each start; changes are lost.
            listen_addr = "127.0.0.1:{Ports.Grpc}"
            prometheus_listen_addr = "127.0.0.1:{Ports.Metrics}"
            graceful_stop_timeout = "10s"

            [git_http]
            listen_addr = "127.0.0.1:{Ports.Git}"
            create_on_push = true

            [store]
            path = {TomlString(_folder.Store)}

            {_moreConfiguration}

            [[virtual_storage]]
            name = "{VirtualStorage}"

            """);
        foreach (var node in Nodes)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"""

                [[virtual_storage.node]]
                storage = "{node.Name}"
                address = "tcp://127.0.0.1:{node.Port}"

                """);
        }

        return text.ToString();
    }

    private static string TomlString(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
