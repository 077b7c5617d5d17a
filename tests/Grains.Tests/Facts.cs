using System.Collections.Immutable;
using Praefect.Grains.Replicas;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests;

/// <summary>Short ways to write records and views in tables.</summary>
internal static class Facts
{
    public static ImmutableArray<string> List(string? names) =>
        string.IsNullOrEmpty(names) ? [] : [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    public static RoutingView View(string healthy, int factor = 0, string configured = "P S1 S2") =>
        new(List(configured), List(healthy).ToHashSet(StringComparer.Ordinal), List(healthy).ToHashSet(StringComparer.Ordinal), factor);

    /// <param name="replicas">As in <c>P:1 S1:0</c>; the repository's generation is the highest.</param>
    public static RepositoryRecord Record(string replicas, string? primary = "P", string? assigned = null)
    {
        var parsed = List(replicas).Select(r => r.Split(':')).Select(r => new ReplicaRecord(r[0], long.Parse(r[1]), null)).ToImmutableArray();
        return new RepositoryRecord
        {
            RepositoryId = 1,
            ReplicaPath = "@cluster/repositories/6b/86/1",
            Generation = parsed.Max(r => r.Generation),
            Primary = primary,
            Replicas = parsed.RemoveAll(r => r.Generation < 0),
            Assignments = assigned is null ? null : List(assigned),
        };
    }

    public static string Join(IEnumerable<string> names) => string.Join(' ', names);
}
