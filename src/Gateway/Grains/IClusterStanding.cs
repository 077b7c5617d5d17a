namespace Praefect.Gateway.Grains;

/// <summary>
/// Whether this process still belongs to its cluster. Where gateway and grains share a process, the others may give it up; its repositories are elsewhere then, and
/// what it remembers of them is old.
/// </summary>
public interface IClusterStanding
{
    /// <summary>Why this process no longer belongs to its cluster; null: it does, or nobody can tell.</summary>
    ValueTask<string?> GivenUpAsync(CancellationToken cancellationToken);
}

/// <summary>A process that is no member of a cluster, which cannot give it up.</summary>
internal sealed class NoMembership : IClusterStanding
{
    public ValueTask<string?> GivenUpAsync(CancellationToken cancellationToken) => default;
}
