using System.Collections.Immutable;
using System.Text.Json;
using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>The ports of a cluster on loopback, remembered in its folder so that remotes of clones stay valid.</summary>
/// <param name="Git">Git over HTTP: what people use.</param>
/// <param name="Grpc">The gateway's gRPC.</param>
/// <param name="Metrics">Metrics and readiness.</param>
/// <param name="Nodes">The storage nodes.</param>
public sealed record ClusterPorts(int Git, int Grpc, int Metrics, ImmutableArray<int> Nodes)
{
    /// <summary>Ports for a start: those of the last one where they are free, new ones otherwise.</summary>
    /// <param name="file">Where they are remembered.</param>
    /// <param name="nodes">How many storage nodes there are.</param>
    /// <param name="given">The port that was asked for; 0: any.</param>
    /// <exception cref="TrialException">The port that people use is taken by another program.</exception>
    public static ClusterPorts Choose(string file, int nodes, int given)
    {
        var last = Read(file);
        var git = given != 0 ? given : last?.Git ?? 0;
        if (git != 0 && !FreePorts.IsFree(git))
        {
            throw new TrialException(given != 0
                ? $"port {git} is in use by another program: choose another one with --port"
                : $"port {git}, which the last run of this cluster had, is in use by another program: stop that, or choose another port with --port");
        }

        var taken = new HashSet<int> { git };
        var ports = new ClusterPorts(
            git != 0 ? git : Fresh(taken, 0),
            Fresh(taken, last?.Grpc ?? 0),
            Fresh(taken, last?.Metrics ?? 0),
            [.. Enumerable.Range(0, nodes).Select(i => Fresh(taken, last is not null && i < last.Nodes.Length ? last.Nodes[i] : 0))]);
        File.WriteAllText(file, JsonSerializer.Serialize(ports));
        return ports;
    }

    private static ClusterPorts? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize<ClusterPorts>(File.ReadAllText(file)) : null;
        }
        catch (JsonException)
        {
            // Written by a process that was killed: new ports do no harm.
            return null;
        }
    }

    private static int Fresh(HashSet<int> taken, int wished)
    {
        if (wished != 0 && FreePorts.IsFree(wished) && taken.Add(wished))
            return wished;
        while (true)
        {
            var port = FreePorts.Find();
            if (taken.Add(port))
                return port;
        }
    }
}
