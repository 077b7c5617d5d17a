using System.Collections.Immutable;
using Praefect.Cluster.Networks;

namespace Praefect.Cluster.Faults;

/// <summary>Parts of the network that are cut, broken or slow.</summary>
internal static class PartitionFaults
{
    /// <summary>Every way to part a cluster that its processes see differently; none where there is no network between them.</summary>
    public static IEnumerable<Fault> Of(ClusterProcesses cluster)
    {
        if (cluster.Network is not { } network)
            return [];
        ImmutableArray<string> silos = [.. cluster.Silos.Select(static silo => silo.Name)];
        ImmutableArray<string> gateways = cluster.Split ? [.. cluster.Gateways.Select(static gateway => gateway.Name)] : [];
        ImmutableArray<string> nodes = [.. cluster.Nodes.Select(static node => node.Name)];
        ImmutableArray<string> all = [.. silos, .. gateways, .. nodes, ClusterProcesses.DatabaseName];
        return
        [
            .. silos.SelectMany(silo => OfSilo(silo, silos.Remove(silo), all.Remove(silo), network)),
            .. cluster.Split ? OfSplit(silos, gateways, nodes, network) : silos.SelectMany(silo => OfGatewaySilo(silo, silos.Remove(silo), nodes, network)),
            .. nodes.Select(node => Of(LinkMode.Cut, "node-from-all", node, all.Remove(node), network)),
        ];
    }

    private static IEnumerable<Fault> OfSilo(string silo, ImmutableArray<string> silos, ImmutableArray<string> all, FaultyNetwork network) =>
    [
        Of(LinkMode.Cut, "silo-from-silos", silo, silos, network),
        Of(LinkMode.Cut, "silo-from-postgres", silo, [ClusterProcesses.DatabaseName], network),
        Of(LinkMode.Cut, "silo-from-all", silo, all, network),
        Of(LinkMode.Slow, "silo-from-all", silo, all, network),
    ];

    private static IEnumerable<Fault> OfGatewaySilo(string silo, ImmutableArray<string> silos, ImmutableArray<string> nodes, FaultyNetwork network) =>
        [Of(LinkMode.Reset, "silo-from-silos", silo, silos, network), .. OfNodes("silo", silo, nodes, network)];

    private static IEnumerable<Fault> OfSplit(ImmutableArray<string> silos, ImmutableArray<string> gateways, ImmutableArray<string> nodes, FaultyNetwork network) =>
    [
        .. silos.Select(silo => Of(LinkMode.Reset, "silo-from-gateways", silo, gateways, network)),
        .. gateways.SelectMany(gateway => OfGateway(gateway, silos, nodes, network)),
    ];

    private static IEnumerable<Fault> OfGateway(string gateway, ImmutableArray<string> silos, ImmutableArray<string> nodes, FaultyNetwork network) =>
    [
        Of(LinkMode.Cut, "gateway-from-silos", gateway, silos, network),
        Of(LinkMode.Cut, "gateway-from-postgres", gateway, [ClusterProcesses.DatabaseName], network),
        .. OfNodes("gateway", gateway, nodes, network),
    ];

    private static IEnumerable<Fault> OfNodes(string role, string name, ImmutableArray<string> nodes, FaultyNetwork network) =>
        nodes.SelectMany(node => new[] { Of(LinkMode.Cut, $"{role}-from-node", name, [node], network), Of(LinkMode.Reset, $"{role}-from-node", name, [node], network) });

    private static Fault Of(LinkMode mode, string kind, string one, ImmutableArray<string> from, FaultyNetwork network)
    {
        var verb = mode switch
        {
            LinkMode.Cut => "cut",
            LinkMode.Reset => "reset",
            _ => "slow",
        };
        return new Fault($"{verb}-{kind}", $"{verb} {one} from {string.Join(", ", from)}", _ => Set(mode), async _ => await Set(LinkMode.Pass))
        {
            Underlies = true,
            Seconds = (2, 10),
        };

        Task<string?> Set(LinkMode next)
        {
            network.Set(next, one, from);
            return Task.FromResult<string?>(null);
        }
    }
}
