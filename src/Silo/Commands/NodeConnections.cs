using Microsoft.Extensions.Logging.Abstractions;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Commands;

/// <summary>A command's own connections to storage nodes.</summary>
internal static class NodeConnections
{
    /// <summary>Prepares a connection; it is made by the first call.</summary>
    public static NodeConnection To(CommandRun run, string virtualStorage, VirtualStorageNodeOptions node, NodeConnectionSettings? settings = null) => new(
        new NodeOptions(virtualStorage, node.Storage, NodeAddress.Parse(node.Address), node.Token),
        new SidechannelRegistry(), NoBackchannelAcceptor.Instance, new YamuxOptions(), run.Time, NullLoggerFactory.Instance, settings);

    /// <summary>The virtual storage of a name.</summary>
    /// <exception cref="CommandException"><c>virtual storage "x" not found</c>.</exception>
    public static VirtualStorageOptions VirtualStorage(this CommandRun run, string name) =>
        run.Options.VirtualStorages.FirstOrDefault(storage => string.Equals(storage.Name, name, StringComparison.Ordinal))
        ?? throw new CommandException($"virtual storage \"{name}\" not found");

    /// <summary>The node of a storage.</summary>
    /// <exception cref="CommandException"><c>node "x" not found</c>.</exception>
    public static VirtualStorageNodeOptions Node(this VirtualStorageOptions virtualStorage, string storage) =>
        virtualStorage.Nodes.FirstOrDefault(node => string.Equals(node.Storage, storage, StringComparison.Ordinal))
        ?? throw new CommandException($"node \"{storage}\" not found");
}
