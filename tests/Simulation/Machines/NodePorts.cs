using System.Runtime.CompilerServices;
using Praefect.Grains.Nodes;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>What the grains of one process ask of nodes, over the network.</summary>
internal sealed class NodePorts(Host silo, Network network, IReadOnlyDictionary<string, SimNode> nodes, Action<string, string> removing) : INodeGateway
{
    public async Task<ProbeResult> ProbeAsync(NodeKey node, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(node, _ => Task.FromResult(ProbeResult.Serving), cancellationToken);
        }
        catch (NodeException e)
        {
            return new ProbeResult(false, e.Message);
        }
    }

    public Task<string?> ChecksumAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        AskAsync(node, n => n.ChecksumAsync(replicaPath), cancellationToken);

    public Task ReplicateAsync(NodeKey target, NodeKey source, string replicaPath, CancellationToken cancellationToken) =>
        AskAsync(target, n => DoneAsync(n.FetchAsync(replicaPath, () => ReadAsync(n, nodes[source.Storage], replicaPath))), cancellationToken);

    public Task<string?> PoolOfAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        AskAsync(node, static _ => Task.FromResult<string?>(null), cancellationToken);

    public Task SetPoolAsync(NodeKey node, string replicaPath, string? poolPath, CancellationToken cancellationToken) =>
        AskAsync(node, static _ => Task.FromResult(true), cancellationToken);

    public Task RemoveAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken)
    {
        removing(node.Storage, replicaPath);
        return AskAsync(node, n => DoneAsync(n.RemoveAsync(replicaPath)), cancellationToken);
    }

    public Task<bool> ExistsAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        AskAsync(node, async n => await n.ReadAsync(replicaPath) is not null, cancellationToken);

    public async IAsyncEnumerable<FoundRepository> WalkAsync(NodeKey node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in await AskAsync(node, static n => n.WalkAsync(), cancellationToken))
            yield return new FoundRepository(path, ChangedAt: null);
    }

    private Task<SortedDictionary<string, string>?> ReadAsync(SimNode target, SimNode source, string path) =>
        network.CallAsync(target.Host, source.Host, _ => source.ReadAsync(path), CancellationToken.None);

    private static async Task<bool> DoneAsync(Task task)
    {
        await task;
        return true;
    }

    private Task<T> AskAsync<T>(NodeKey key, Func<SimNode, Task<T>> ask, CancellationToken cancellationToken)
    {
        var node = nodes[key.Storage];
        return network.CallAsync(silo, node.Host, _ => ask(node), cancellationToken);
    }
}
