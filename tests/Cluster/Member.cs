using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>What a process of the cluster does.</summary>
internal enum MemberRole
{
    /// <summary>It holds grains and takes calls: a gateway silo.</summary>
    All,

    /// <summary>It holds grains.</summary>
    Silo,

    /// <summary>It takes calls.</summary>
    Gateway,
}

/// <summary>A <c>praefect</c> of the cluster.</summary>
internal sealed record Member(string Name, MemberRole Role, int Port, int GitPort, int MetricsPort, ManagedProcess Process)
{
    /// <summary>Whether grains live in it.</summary>
    public bool HoldsGrains => Role != MemberRole.Gateway;

    /// <summary>Whether it has a port for calls.</summary>
    public bool TakesCalls => Role != MemberRole.Silo;
}
