using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>One storage node of a cluster on this machine.</summary>
/// <param name="Name">Name of its storage.</param>
/// <param name="Port">Where it listens, on loopback.</param>
/// <param name="Disk">The folder with its repositories.</param>
/// <param name="Process">Its process.</param>
public sealed record ClusterNode(string Name, int Port, string Disk, ManagedProcess Process)
{
    /// <summary>Calls straight to the node, past the gateway.</summary>
    public LoopbackGrpc Client { get; } = new(Port);
}
