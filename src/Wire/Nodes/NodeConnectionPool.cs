using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Wire.Nodes;

/// <summary>The connections to all configured nodes, fixed for its life.</summary>
public sealed class NodeConnectionPool : IAsyncDisposable
{
    private readonly FrozenDictionary<(string VirtualStorage, string Storage), NodeConnection> _connections;

    /// <summary>Prepares a connection for each node; nothing is dialled yet.</summary>
    /// <exception cref="ArgumentException">A node is named twice.</exception>
    public NodeConnectionPool(
        IEnumerable<NodeOptions> nodes,
        SidechannelRegistry sidechannels,
        IBackchannelAcceptor acceptor,
        YamuxOptions yamux,
        TimeProvider time,
        ILoggerFactory loggerFactory,
        NodeConnectionSettings? settings = null)
    {
        var connections = new Dictionary<(string VirtualStorage, string Storage), NodeConnection>();
        foreach (var node in nodes)
        {
            var connection = new NodeConnection(node, sidechannels, acceptor, yamux, time, loggerFactory, settings);
            if (!connections.TryAdd((node.VirtualStorage, node.Storage), connection))
                throw new ArgumentException($"storage \"{node.Storage}\" is configured twice in virtual storage \"{node.VirtualStorage}\"", nameof(nodes));
        }

        _connections = connections.ToFrozenDictionary();
    }

    /// <summary>All connections, in no order.</summary>
    public IEnumerable<NodeConnection> All => _connections.Values;

    /// <summary>The connection to a node.</summary>
    /// <exception cref="KeyNotFoundException">No such node is configured.</exception>
    public NodeConnection Get(string virtualStorage, string storage) =>
        TryGet(virtualStorage, storage) ?? throw new KeyNotFoundException($"no connection to node \"{virtualStorage}\"/\"{storage}\"");

    /// <summary>The connection to a node, null when no such node is configured.</summary>
    public NodeConnection? TryGet(string virtualStorage, string storage) => _connections.GetValueOrDefault((virtualStorage, storage));

    /// <summary>Closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections.Values)
            await connection.DisposeAsync();
    }
}
