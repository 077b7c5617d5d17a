using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Praefect.Grains.Nodes;
using Praefect.Wire.Nodes;

namespace Praefect.Gateway.Nodes;

/// <summary>Every configured node by virtual storage and storage.</summary>
internal sealed class NodeTable : IDisposable
{
    private readonly FrozenDictionary<string, VirtualStorageNodes> _virtualStorages;

    public NodeTable(NodeConnectionPool pool)
    {
        _virtualStorages = pool.All
            .Select(c => new GatewayNode(new NodeKey(c.Options.VirtualStorage, c.Options.Storage), c))
            .GroupBy(n => n.Key.VirtualStorage, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => new VirtualStorageNodes(g.Key, [.. g]), StringComparer.Ordinal);
    }

    public IEnumerable<VirtualStorageNodes> VirtualStorages => _virtualStorages.Values;

    public bool TryGet(string virtualStorage, [NotNullWhen(true)] out VirtualStorageNodes? nodes) => _virtualStorages.TryGetValue(virtualStorage, out nodes);

    public void Dispose()
    {
        foreach (var node in VirtualStorages.SelectMany(v => v.All))
            node.Dispose();
    }
}

/// <summary>The nodes of one virtual storage.</summary>
internal sealed class VirtualStorageNodes(string name, ImmutableArray<GatewayNode> all)
{
    private readonly FrozenDictionary<string, GatewayNode> _byStorage = all.ToFrozenDictionary(n => n.Storage, StringComparer.Ordinal);

    public string Name { get; } = name;

    public ImmutableArray<GatewayNode> All { get; } = all;

    public bool TryGet(string storage, [NotNullWhen(true)] out GatewayNode? node) => _byStorage.TryGetValue(storage, out node);

    /// <summary>Storages that this gateway could not reach lately; empty nearly always, and then nothing is allocated.</summary>
    public ImmutableArray<string> Avoided(long timestamp)
    {
        ImmutableArray<string> avoided = [];
        foreach (var node in All)
        {
            if (node.IsAvoided(timestamp))
                avoided = avoided.Add(node.Storage);
        }

        return avoided;
    }
}
