using System.Collections.Immutable;

namespace Praefect.Trial.Clusters;

/// <summary>The ports of a cluster of silos and gateways, remembered in its folder so that remotes of clones stay valid.</summary>
/// <param name="Gateways">The gateways.</param>
/// <param name="Silos">The silos; they open the one for metrics only.</param>
/// <param name="Postgres">The database.</param>
/// <param name="Nodes">The storage nodes.</param>
public sealed record SiloClusterPorts(ImmutableArray<MemberPorts> Gateways, ImmutableArray<MemberPorts> Silos, int Postgres, ImmutableArray<int> Nodes)
{
    /// <summary>Ports for a start: those of the last one where they are free, new ones otherwise.</summary>
    /// <param name="file">Where they are remembered.</param>
    /// <param name="size">How many of each there are.</param>
    /// <param name="given">The port of git through the first gateway that was asked for; 0: any.</param>
    /// <exception cref="TrialException">A port that people use is taken by another program.</exception>
    public static SiloClusterPorts Choose(string file, SiloClusterSize size, int given)
    {
        ArgumentNullException.ThrowIfNull(size);
        var last = PortsFile.Read<SiloClusterPorts>(file);
        var choice = new PortChoice();
        var git = Many(size.Gateways, i => choice.ForPeople(i == 0 ? given : 0, last?.Gateways.ElementAtOrDefault(i)?.Git ?? 0));
        var ports = new SiloClusterPorts(
            Many(size.Gateways, i => Member(git[i], last?.Gateways.ElementAtOrDefault(i))),
            Many(size.Silos, i => Member(choice.Any(last?.Silos.ElementAtOrDefault(i)?.Git ?? 0), last?.Silos.ElementAtOrDefault(i))),
            choice.Any(last?.Postgres ?? 0),
            Many(size.Nodes, i => choice.Any(last?.Nodes.ElementAtOrDefault(i) ?? 0)));
        PortsFile.Write(file, ports);
        return ports;

        MemberPorts Member(int people, MemberPorts? before) => new(people, choice.Any(before?.Grpc ?? 0), choice.Any(before?.Metrics ?? 0));
    }

    private static ImmutableArray<T> Many<T>(int count, Func<int, T> one) => [.. Enumerable.Range(0, count).Select(one)];
}

/// <summary>How many processes of each kind a cluster has.</summary>
/// <param name="Silos">Silos.</param>
/// <param name="Gateways">Gateways.</param>
/// <param name="Nodes">Storage nodes.</param>
public sealed record SiloClusterSize(int Silos, int Gateways, int Nodes);
