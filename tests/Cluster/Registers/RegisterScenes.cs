using System.Collections.Immutable;
using System.Globalization;
using Praefect.Cluster.Faults;
using Praefect.Cluster.Networks;
using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;

namespace Praefect.Cluster.Registers;

/// <summary>Starts a cluster, or a single process with its nodes, and runs clients and faults on it.</summary>
internal static class RegisterScenes
{
    private const int StorageNodes = 3;
    private const string Twin = "twin";

    /// <summary>Gateway silos, or silos and gateways, with storage nodes and Postgres, whose processes are killed, frozen and restarted.</summary>
    public static async Task<RegisterReport> ClusterAsync(
        string folder, bool split, SuiteSize size, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, split, time);
        return await ClusterAsync(cluster, folder, size, length, seed, time, say, cancellationToken);
    }

    /// <summary>The same, whose network is cut, broken and slowed down as well, and whose silos get wrong clocks.</summary>
    public static async Task<RegisterReport> PartedClusterAsync(
        string folder, bool split, SuiteSize size, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        await using var network = FaultyNetwork.Possible ? new FaultyNetwork(time) : null;
        var clocks = SkewedClocks.Find(folder);
        await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, split, time, network) { Clocks = clocks };
        if (network is null)
            say("partitions are left out: connections of processes can only be told apart on Linux");
        if (clocks is null)
            say(SkewedClocks.Missing);
        var report = await ClusterAsync(cluster, folder, size, length, seed, time, say, cancellationToken);
        if (network is not null)
            say(string.Create(CultureInfo.InvariantCulture, $"what the faults of the network held up, slowed down or broke: {network.Held} times"));
        return report;
    }

    /// <summary>
    /// Two clusters that know nothing of each other, as small as can be, on the same records and nodes: every grain is active twice, all the time. An activation
    /// notices with its next write only that it is not alone, so reads are not held against it.
    /// </summary>
    public static async Task<RegisterReport> TwinsAsync(string folder, bool split, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, split, time);
        await cluster.StartAsync(silos: 1, gateways: 1, cancellationToken);
        foreach (var role in cluster.Roles)
            await cluster.AddAsync(role, cancellationToken, Twin);
        var scene = new Scene(
            [],
            [.. Supervise(cluster.Members)],
            GatewaysOf(cluster),
            [.. cluster.Nodes.Select(static node => (node.Name, node.Disk))],
            PromisesReads: false);
        return await new RegisterRun(scene, folder, time, say).RunAsync(length, seed, cancellationToken);
    }

    /// <summary>One process with a SQLite file, and storage nodes.</summary>
    public static async Task<RegisterReport> SingleAsync(string folder, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        using var owned = ClusterFolder.Open(Path.Combine(folder, "single"));
        var ports = ClusterPorts.Choose(owned.Ports, StorageNodes, given: 0);
        await using var cluster = new LocalCluster(owned, ports, time);
        await cluster.StartAsync(cancellationToken);
        var gateway = new SupervisedProcess("praefect", cluster.Gateway);
        ImmutableArray<SupervisedProcess> nodes = [.. cluster.Nodes.Select(static node => new SupervisedProcess(node.Name, node.Process))];
        var scene = new Scene(
            [.. nodes.SelectMany(static node => ProcessFaults.Of("node", node)), .. ProcessFaults.Of("gateway", gateway)],
            [.. nodes, gateway],
            [("praefect", ports.Grpc, ports.Git, ports.Metrics)],
            [.. cluster.Nodes.Select(static node => (node.Name, node.Disk))]);
        return await new RegisterRun(scene, folder, time, say).RunAsync(length, seed, cancellationToken);
    }

    private static async Task<RegisterReport> ClusterAsync(
        ClusterProcesses cluster, string folder, SuiteSize size, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        await cluster.StartAsync(size.Silos, size.Gateways, cancellationToken);
        var scene = new Scene(
            [.. Faults(cluster)],
            [.. Supervise(cluster.Nodes), .. Supervise(cluster.Members)],
            GatewaysOf(cluster),
            [.. cluster.Nodes.Select(static node => (node.Name, node.Disk))]);
        return await new RegisterRun(scene, folder, time, say).RunAsync(length, seed, cancellationToken);
    }

    private static IEnumerable<Fault> Faults(ClusterProcesses cluster) =>
    [
        .. Supervise(cluster.Nodes).SelectMany(static node => ProcessFaults.Of("node", node)),
        .. Faults("silo", cluster.Silos),
        .. cluster.Split ? Faults("gateway", cluster.Gateways) : [],
        ProcessFaults.Of(cluster.Postgres),
        .. PartitionFaults.Of(cluster),
        .. ClockFaults.Of(cluster),
    ];

    private static IEnumerable<Fault> Faults(string role, IEnumerable<Member> members)
    {
        SupervisedProcess[] processes = [.. Supervise(members)];
        return [.. processes.SelectMany(process => ProcessFaults.Of(role, process)), ProcessFaults.Rolling(role, processes)];
    }

    private static ImmutableArray<(string Name, int Port, int GitPort, int MetricsPort)> GatewaysOf(ClusterProcesses cluster) =>
        [.. cluster.Gateways.Select(static gateway => (gateway.Name, gateway.Port, gateway.GitPort, gateway.MetricsPort))];

    private static IEnumerable<SupervisedProcess> Supervise(IEnumerable<Member> members) => members.Select(static member => new SupervisedProcess(member.Name, member.Process));

    private static IEnumerable<SupervisedProcess> Supervise(IEnumerable<StorageNode> nodes) => nodes.Select(static node => new SupervisedProcess(node.Name, node.Process));
}
