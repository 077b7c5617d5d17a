using Praefect.Trial.Clusters;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Smoke;

/// <summary>The replicas of repositories, seen from the nodes: by their own checksums and by what git finds on their disks.</summary>
internal sealed class Replicas(LocalCluster cluster, GitClient git, TimeProvider time)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Paths of all repositories on any disk.</summary>
    public HashSet<string> Paths()
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in cluster.Nodes)
            Collect(node.Disk, node.Disk, paths);
        return paths;
    }

    /// <summary>Waits until all nodes hold the same.</summary>
    /// <returns>The checksum that they share.</returns>
    /// <exception cref="TrialException">They did not within the limit; the message says what each holds.</exception>
    public async Task<string> WaitUntilIdenticalAsync(string path, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var checksums = await Task.WhenAll(cluster.Nodes.Select(node => ChecksumAsync(node, path, cancellationToken)));
            if (checksums[0].Length == 40 && checksums.Distinct(StringComparer.Ordinal).Count() == 1)
            {
                var listings = await Task.WhenAll(cluster.Nodes.Select(node => RefsAsync(node, path, cancellationToken)));
                if (listings.Distinct(StringComparer.Ordinal).Count() == 1)
                    return checksums[0];
                checksums = [.. checksums.Zip(listings, (checksum, listing) => $"{checksum} with {listing.Count(character => character == '\n')} other references on disk")];
            }

            if (time.GetElapsedTime(start) > limit)
            {
                throw new TrialException($"after {limit.TotalSeconds:0} s the replicas of {path} still differ: "
                    + string.Join(", ", cluster.Nodes.Zip(checksums, (node, checksum) => $"{node.Name}: {checksum}")));
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Every reference on the disk of a node, as git lists them there.</summary>
    public Task<string> RefsAsync(ClusterNode node, string path, CancellationToken cancellationToken) =>
        git.DoAsync(Path.Combine(node.Disk, path), cancellationToken, "for-each-ref", "--format=%(objectname) %(refname)");

    /// <summary>Commits that no reference on the disk of a node leads to.</summary>
    public Task<IReadOnlyList<string>> MissingAsync(ClusterNode node, string path, IReadOnlyList<string> commits, CancellationToken cancellationToken) =>
        MissingAsync(Path.Combine(node.Disk, path), commits, cancellationToken);

    /// <summary>Commits that no reference of a repository leads to.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(string folder, IReadOnlyList<string> commits, CancellationToken cancellationToken)
    {
        var listed = await git.DoAsync(folder, cancellationToken, "rev-list", "--all");
        var reachable = listed.Split('\n').ToHashSet(StringComparer.Ordinal);
        return [.. commits.Where(commit => !reachable.Contains(commit))];
    }

    private static async Task<string> ChecksumAsync(ClusterNode node, string path, CancellationToken cancellationToken)
    {
        try
        {
            var request = new CalculateChecksumRequest { Repository = new Repository { StorageName = node.Name, RelativePath = path } };
            var answer = await node.Client.CallAsync(
                "/gitaly.RepositoryService/CalculateChecksum", request, CalculateChecksumResponse.Parser, null, cancellationToken);
            return answer.Checksum;
        }
        catch (GrpcException e)
        {
            return $"no checksum ({e.Status.Code})";
        }
    }

    private static void Collect(string disk, string folder, HashSet<string> paths)
    {
        if (File.Exists(Path.Combine(folder, "HEAD")) && Directory.Exists(Path.Combine(folder, "objects")))
        {
            paths.Add(Path.GetRelativePath(disk, folder));
            return;
        }

        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            // Work in progress of the node is nobody's replica.
            if (!Path.GetFileName(child).StartsWith('+'))
                Collect(disk, child, paths);
        }
    }
}
