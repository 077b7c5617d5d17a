namespace Praefect.Grains.Nodes;

/// <summary>
/// What grains ask of storage nodes. Implemented outside, over the wire; every call ends within the caller's token and never retries by itself.
/// A node that cannot be reached, or answers with an error, shows as <see cref="NodeException"/>.
/// </summary>
public interface INodeGateway
{
    /// <summary>Asks a node for its health (grpc.health.v1, empty service). Never throws for what the node does: an error is an unhealthy node.</summary>
    Task<ProbeResult> ProbeAsync(NodeKey node, CancellationToken cancellationToken);

    /// <summary>Checksum over all references of a repository: 40 lower-case hexadecimal digits, all zero for one without references.</summary>
    /// <returns>Null when the node answered that it has no repository there.</returns>
    /// <exception cref="NodeException">No answer, or an error.</exception>
    Task<string?> ChecksumAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken);

    /// <summary>Makes the target's copy equal to the source's, creating it if need be. Incremental where the target has most of it.</summary>
    /// <exception cref="NodeException"><see cref="NodeException.SourceMissing"/> when the source has no such repository; other failures of either node.</exception>
    Task ReplicateAsync(NodeKey target, NodeKey source, string replicaPath, CancellationToken cancellationToken);

    /// <summary>Path of the object pool that a repository borrows objects from.</summary>
    /// <returns>Null when it is linked to none, the node knows no pools, or there is no such repository.</returns>
    /// <exception cref="NodeException">No answer, or an error.</exception>
    Task<string?> PoolOfAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken);

    /// <summary>Makes a repository's link to an object pool what it is to be: unlinks it from another pool, links it to this one.</summary>
    /// <param name="node">Has the repository and the pool.</param>
    /// <param name="replicaPath">The repository.</param>
    /// <param name="poolPath">Replica path of the pool; null: no link.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="NodeException">No answer, or an error.</exception>
    Task SetPoolAsync(NodeKey node, string replicaPath, string? poolPath, CancellationToken cancellationToken);

    /// <summary>Removes a repository from a node; a missing one is no error.</summary>
    /// <exception cref="NodeException">No answer, or an error.</exception>
    Task RemoveAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken);

    /// <summary>Whether a node has a repository at this path.</summary>
    /// <exception cref="NodeException">No answer, or an error.</exception>
    Task<bool> ExistsAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken);

    /// <summary>Every repository on a storage's disk, as the node finds them.</summary>
    /// <exception cref="NodeException">No answer, an error, or the node broke off.</exception>
    IAsyncEnumerable<FoundRepository> WalkAsync(NodeKey node, CancellationToken cancellationToken);
}
