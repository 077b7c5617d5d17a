using System.Collections.Immutable;

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
        var last = PortsFile.Read<ClusterPorts>(file);
        var choice = new PortChoice();
        var ports = new ClusterPorts(
            choice.ForPeople(given, last?.Git ?? 0),
            choice.Any(last?.Grpc ?? 0),
            choice.Any(last?.Metrics ?? 0),
            [.. Enumerable.Range(0, nodes).Select(i => choice.Any(last?.Nodes.ElementAtOrDefault(i) ?? 0))]);
        PortsFile.Write(file, ports);
        return ports;
    }
}
