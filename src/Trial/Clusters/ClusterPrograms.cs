using System.Collections.Immutable;
using Grpc.Health.V1;
using Praefect.Trial.Processes;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Clusters;

/// <summary>How the programs of a cluster are started; all of them end when this process does.</summary>
internal static class ClusterPrograms
{
    /// <summary>Storage nodes: one for each port, with names in order.</summary>
    public static ImmutableArray<ClusterNode> Nodes(ClusterFolder folder, ImmutableArray<int> ports, TimeProvider time) =>
        [.. ports.Select((port, i) => Node(folder, $"node-{i + 1}", port, time))];

    /// <summary><c>praefect</c> with a configuration.</summary>
    /// <param name="name">Name of the process, and of its log.</param>
    /// <param name="folder">Where its log goes.</param>
    /// <param name="configuration">Path of the configuration.</param>
    /// <param name="arguments">What follows the configuration.</param>
    /// <param name="ready">Whether it serves; null: it is not waited for.</param>
    public static ProcessSpec Praefect(
        string name, ClusterFolder folder, string configuration, ImmutableArray<string> arguments, Func<CancellationToken, Task<bool>>? ready) =>
        Program(name, folder, [DotnetHost.AssemblyOf("Praefect.Silo", "praefect"), "-config", configuration, .. arguments], ready);

    private static ClusterNode Node(ClusterFolder folder, string name, int port, TimeProvider time)
    {
        string[] arguments = ["--storage", name, "--path", folder.Storage(name), "--listen", $"tcp://127.0.0.1:{port}", "--exit-with-stdin"];
        var spec = Program(name, folder, [DotnetHost.AssemblyOf("Praefect.StorageNode", "storage-node"), .. arguments], async cancellationToken =>
        {
            using var client = new LoopbackGrpc(port);
            var health = await client.CallAsync("/grpc.health.v1.Health/Check", new HealthCheckRequest(), HealthCheckResponse.Parser, null, cancellationToken);
            return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        });
        return new ClusterNode(name, port, folder.Storage(name), new ManagedProcess(spec, time));
    }

    private static ProcessSpec Program(string name, ClusterFolder folder, ImmutableArray<string> arguments, Func<CancellationToken, Task<bool>>? ready)
    {
        var command = OwnSession.Of([DotnetHost.Path, .. arguments]);
        return new ProcessSpec { Name = name, FileName = command[0], Arguments = command[1..], LogFile = folder.Log(name), Ready = ready };
    }
}
