using System.Collections.Immutable;
using Praefect.Cluster.Faults;
using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;

namespace Praefect.Cluster.Registers;

/// <summary>Starts a cluster, or a single process with its nodes, and runs clients and faults on it.</summary>
internal static class RegisterScenes
{
    private const int StorageNodes = 3;

    /// <summary>Silos, gateways, storage nodes and Postgres.</summary>
    public static async Task<RegisterReport> ClusterAsync(
        string folder, SuiteSize size, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        await using var cluster = new ClusterProcesses(folder, PostgresProcess.FindBinaries()!, time);
        await cluster.StartAsync(size.Silos, size.Gateways, cancellationToken);
        ImmutableArray<FaultTarget> targets =
        [
            .. cluster.Nodes.Select(static node => FaultTarget.Of("node", node.Name, node.Process)),
            .. cluster.Silos.Select(static silo => FaultTarget.Of("silo", silo.Name, silo.Process)),
            .. cluster.Gateways.Select(static gateway => FaultTarget.Of("gateway", gateway.Name, gateway.Process)),
            FaultTarget.Of(cluster.Postgres),
        ];
        var scene = new Scene(
            targets,
            [.. cluster.Gateways.Select(static gateway => (gateway.Name, gateway.Port, gateway.GitPort))],
            [.. cluster.Nodes.Select(static node => (node.Name, node.Disk))]);
        return await new RegisterRun(scene, folder, time, say).RunAsync(length, seed, cancellationToken);
    }

    /// <summary>One process with a SQLite file, and storage nodes.</summary>
    public static async Task<RegisterReport> SingleAsync(string folder, TimeSpan length, int seed, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        using var owned = ClusterFolder.Open(Path.Combine(folder, "single"));
        var ports = ClusterPorts.Choose(owned.Ports, StorageNodes, given: 0);
        await using var cluster = new LocalCluster(owned, ports, time);
        await cluster.StartAsync(cancellationToken);
        var scene = new Scene(
            [.. cluster.Nodes.Select(static node => FaultTarget.Of("node", node.Name, node.Process)), FaultTarget.Of("gateway", "praefect", cluster.Gateway)],
            [("praefect", ports.Grpc, ports.Git)],
            [.. cluster.Nodes.Select(static node => (node.Name, node.Disk))]);
        return await new RegisterRun(scene, folder, time, say).RunAsync(length, seed, cancellationToken);
    }
}
