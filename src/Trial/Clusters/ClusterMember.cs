using Praefect.Trial.Processes;

namespace Praefect.Trial.Clusters;

/// <summary>A gateway silo of a cluster on this machine.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ports">Where it listens.</param>
/// <param name="Configuration">Path of its configuration.</param>
/// <param name="Process">Its process.</param>
public sealed record ClusterMember(string Name, MemberPorts Ports, string Configuration, ManagedProcess Process);
