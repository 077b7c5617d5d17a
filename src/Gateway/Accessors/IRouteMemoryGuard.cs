namespace Praefect.Gateway.Accessors;

/// <summary>
/// Whether reads may go where they went last, asked while a repository's grain cannot be reached. Where gateway and grains share a process, the host says no once
/// the cluster has given this process up: its repositories are elsewhere by then, and what it remembers of them is old.
/// </summary>
public interface IRouteMemoryGuard
{
    /// <summary>Why they may not; null: they may.</summary>
    ValueTask<string?> ObjectionAsync(CancellationToken cancellationToken);
}

/// <summary>A gateway that belongs to no cluster of its own, which cannot give it up.</summary>
internal sealed class NoRouteMemoryGuard : IRouteMemoryGuard
{
    public ValueTask<string?> ObjectionAsync(CancellationToken cancellationToken) => default;
}
