using System.Collections.Immutable;
using Praefect.Trial.Processes;

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
        Ports = ports;
        Nodes = ClusterPrograms.Nodes(folder, ports.Nodes, time);
        Client = new GatewayClient(ports);
        Gateway = new ManagedProcess(ClusterPrograms.Praefect("praefect", folder, folder.Configuration, ["--exit-with-stdin"], Client.IsReadyAsync), time);
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

    private string ConfigurationText() => ClusterConfiguration.Text(
        new MemberPorts(Ports.Git, Ports.Grpc, Ports.Metrics), $"[store]\npath = {ClusterConfiguration.Quoted(_folder.Store)}\n\n{_moreConfiguration}", Nodes);
}
