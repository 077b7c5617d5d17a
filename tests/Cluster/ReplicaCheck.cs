using System.Collections.Immutable;
using System.Globalization;
using Praefect.Trial.Smoke;

namespace Praefect.Cluster;

/// <summary>Looks on the disks of the nodes: whether every acknowledged write is there, and whether the replicas are the same.</summary>
internal sealed class ReplicaCheck(ImmutableArray<(string Name, string Disk)> nodes, GitClient git, TimeProvider time)
{
    private static readonly TimeSpan RepairMax = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits until the replicas of all repositories are the same.</summary>
    /// <returns>What is wrong; empty when nothing is.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(int repositories, IReadOnlyCollection<AcknowledgedWrite> acknowledged, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var contents = await ReadAsync(cancellationToken);
            var problems = new List<string>();
            for (var repository = 0; repository < repositories; repository++)
            {
                var replicas = contents.Select(content => content.GetValueOrDefault(repository)).ToArray();
                if (replicas.Any(replica => replica is null) || replicas.Select(static replica => string.Join('\n', replica!.Order())).Distinct(StringComparer.Ordinal).Count() > 1)
                    problems.Add($"the replicas of repository {repository} differ: {string.Join(", ", replicas.Select(static replica => $"{replica?.Count ?? 0} references"))}");
            }

            foreach (var (content, node) in contents.Zip(nodes))
            {
                var missing = acknowledged.Count(write => content.GetValueOrDefault(write.Repository)?.Contains($"{write.Commit} {write.Reference}") != true);
                if (missing > 0)
                    problems.Add($"{node.Name} lacks {missing} acknowledged writes");
            }

            if (problems.Count == 0 || time.GetElapsedTime(started) > RepairMax)
                return problems;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>What each node has on its disk: for every repository lines of object id and reference.</summary>
    public Task<Dictionary<int, HashSet<string>>[]> ReadAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(nodes.Select(node => ReadAsync(node.Disk, cancellationToken)));

    /// <summary>The branch that tells which repository a replica is one of.</summary>
    public static string Marker(int repository) => string.Create(CultureInfo.InvariantCulture, $"refs/heads/repository-{repository}");

    private async Task<Dictionary<int, HashSet<string>>> ReadAsync(string disk, CancellationToken cancellationToken)
    {
        var found = new Dictionary<int, HashSet<string>>();
        foreach (var folder in Replicas(disk))
        {
            var result = await git.TryAsync(folder, cancellationToken, "for-each-ref", "--format=%(objectname) %(refname)");
            var references = result.Output.Split('\n').ToHashSet(StringComparer.Ordinal);
            if (references.Select(static line => line.Split(' ').Last()).FirstOrDefault(static name => name.StartsWith("refs/heads/repository-", StringComparison.Ordinal)) is { } marker)
                found[int.Parse(marker.AsSpan(marker.LastIndexOf('-') + 1), CultureInfo.InvariantCulture)] = references;
        }

        return found;
    }

    // Folders of the node's own work begin with a plus sign.
    private static IEnumerable<string> Replicas(string folder) =>
        File.Exists(Path.Combine(folder, "HEAD")) && Directory.Exists(Path.Combine(folder, "objects"))
            ? [folder]
            : Directory.EnumerateDirectories(folder).Where(static child => !Path.GetFileName(child).StartsWith('+')).SelectMany(Replicas);
}
