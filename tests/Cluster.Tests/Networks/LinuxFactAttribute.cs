using Praefect.Cluster.Networks;

namespace Praefect.Cluster.Tests.Networks;

/// <summary>A test of what only Linux tells.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = FaultyNetwork.Possible ? null : "connections of processes can only be told apart on Linux";
}
