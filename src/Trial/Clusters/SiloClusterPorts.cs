using System.Collections.Immutable;

namespace Praefect.Trial.Clusters;

/// <summary>The ports of a cluster of gateway silos, remembered in its folder so that remotes of clones stay valid.</summary>
/// <param name="Gateways">The gateway silos, and one that can be added by hand.</param>
/// <param name="Postgres">The database.</param>
/// <param name="Nodes">The storage nodes.</param>
public sealed record SiloClusterPorts(ImmutableArray<MemberPorts> Gateways, int Postgres, ImmutableArray<int> Nodes)
{
    /// <summary>Ports for a start: those of the last one where they are free, new ones otherwise.</summary>
    /// <param name="file">Where they are remembered.</param>
    /// <param name="size">How many of each there are.</param>
    /// <param name="given">The port of git through the first gateway silo that was asked for; 0: any.</param>
    /// <exception cref="TrialException">A port that people use is taken by another program.</exception>
    public static SiloClusterPorts Choose(string file, SiloClusterSize size, int given)
    {
        ArgumentNullException.ThrowIfNull(size);
        var last = PortsFile.Read<SiloClusterPorts>(file);
        var choice = new PortChoice();
        var git = Many(size.Gateways, i => choice.ForPeople(i == 0 ? given : 0, last?.Gateways.ElementAtOrDefault(i)?.Git ?? 0));
        // The one that was added by hand may run still.
        var oneMore = choice.Any(last?.Gateways.ElementAtOrDefault(size.Gateways)?.Git ?? 0);
        var ports = new SiloClusterPorts(
            Many(size.Gateways + 1, i => Member(i < size.Gateways ? git[i] : oneMore, last?.Gateways.ElementAtOrDefault(i))),
            choice.Any(last?.Postgres ?? 0),
            Many(size.Nodes, i => choice.Any(last?.Nodes.ElementAtOrDefault(i) ?? 0)));
        PortsFile.Write(file, ports);
        return ports;

        MemberPorts Member(int people, MemberPorts? before) => new(people, choice.Any(before?.Grpc ?? 0), choice.Any(before?.Metrics ?? 0));
    }

    private static ImmutableArray<T> Many<T>(int count, Func<int, T> one) => [.. Enumerable.Range(0, count).Select(one)];
}

/// <summary>How many processes of each kind a cluster has.</summary>
/// <param name="Gateways">Gateway silos.</param>
/// <param name="Nodes">Storage nodes.</param>
public sealed record SiloClusterSize(int Gateways, int Nodes);
