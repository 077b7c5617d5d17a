using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Tests.Cluster;

/// <summary>All fake nodes of a test cluster: what grains ask of nodes, and what they are told of their health.</summary>
public sealed class FakeNodes : INodeGateway, INodeDirectory
{
    private readonly ConcurrentDictionary<NodeKey, FakeNode> _nodes = [];
    private readonly ConcurrentDictionary<string, (ImmutableArray<string> Storages, int Factor)> _virtualStorages = new(StringComparer.Ordinal);

    public event Action<VirtualStorageView>? Changed
    {
        add { }
        remove { }
    }

    public long Version => 0;

    public FakeNode this[string virtualStorage, string storage] => _nodes[new NodeKey(virtualStorage, storage)];

    public void Add(string virtualStorage, int factor, params string[] storages)
    {
        foreach (var storage in storages)
            _nodes[new NodeKey(virtualStorage, storage)] = new FakeNode();
        _virtualStorages[virtualStorage] = ([.. storages], factor);
    }

    /// <summary>A storage is added to the configuration.</summary>
    public void Extend(string virtualStorage, string storage)
    {
        _nodes[new NodeKey(virtualStorage, storage)] = new FakeNode();
        var (storages, factor) = _virtualStorages[virtualStorage];
        _virtualStorages[virtualStorage] = (storages.Add(storage), factor);
    }

    public VirtualStorageView? Find(string virtualStorage)
    {
        if (!_virtualStorages.TryGetValue(virtualStorage, out var configured))
            return null;
        return new VirtualStorageView(virtualStorage, 1, 1, configured.Factor, [.. configured.Storages.Select(Health)]);

        NodeHealth Health(string storage)
        {
            var node = _nodes[new NodeKey(virtualStorage, storage)];
            return new NodeHealth(storage, node.Healthy ?? (node.Alive && !node.Silent), DateTimeOffset.UnixEpoch, string.Empty) { Silent = node.Silent };
        }
    }

    public async Task<ProbeResult> ProbeAsync(NodeKey node, CancellationToken cancellationToken)
    {
        if (_nodes[node].TakeSilence())
            await Task.Delay(Timeout.Infinite, cancellationToken);
        return _nodes[node].Alive ? ProbeResult.Serving : new ProbeResult(false, "connection refused");
    }

    public async Task<string?> ChecksumAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        (await CallAsync(node, cancellationToken)).Checksum(replicaPath);

    public async Task ReplicateAsync(NodeKey target, NodeKey source, string replicaPath, CancellationToken cancellationToken)
    {
        var from = await CallAsync(source, cancellationToken);
        var to = await CallAsync(target, cancellationToken);
        var refs = from.Copy(replicaPath) ?? throw new NodeException("no such repository") { SourceMissing = true };
        await Task.Yield();
        to.Replace(replicaPath, refs);
    }

    public async Task<string?> PoolOfAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        (await CallAsync(node, cancellationToken)).Pools.GetValueOrDefault(replicaPath);

    public async Task SetPoolAsync(NodeKey node, string replicaPath, string? poolPath, CancellationToken cancellationToken)
    {
        var at = await CallAsync(node, cancellationToken);
        if (poolPath is null)
            at.Pools.TryRemove(replicaPath, out _);
        else if (at.Has(poolPath))
            at.Pools[replicaPath] = poolPath;
        else
            throw new NodeException("no such object pool");
    }

    public async Task RemoveAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        (await CallAsync(node, cancellationToken)).Delete(replicaPath);

    public async Task<bool> ExistsAsync(NodeKey node, string replicaPath, CancellationToken cancellationToken) =>
        (await CallAsync(node, cancellationToken)).Has(replicaPath);

    public async IAsyncEnumerable<FoundRepository> WalkAsync(NodeKey node, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var at = await CallAsync(node, cancellationToken);
        foreach (var path in at.Walk())
            yield return new FoundRepository(path, at.ChangedAt.GetValueOrDefault(path, DateTimeOffset.UnixEpoch));
    }

    private async Task<FakeNode> CallAsync(NodeKey key, CancellationToken cancellationToken)
    {
        var node = _nodes[key];
        await node.WaitAsync(cancellationToken);
        return node.Alive ? node : throw new NodeException("connection refused");
    }
}
