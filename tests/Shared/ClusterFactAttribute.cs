using Praefect.Trial.Processes;

namespace Praefect.Tests.Shared;

/// <summary>A test of a cluster of processes: skipped, with the reason, where there is none to be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClusterFactAttribute : FactAttribute
{
    public ClusterFactAttribute() => Skip = PostgresProcess.FindBinaries() is null ? "Postgres is not installed" : null;
}
