using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary>Which repositories of a virtual storage use which object pools, by the paths that clients know.</summary>
internal sealed class PoolMembers
{
    private readonly HashSet<(string Member, string Pool)> _pairs = [];

    /// <summary>How many there are.</summary>
    public int Count => _pairs.Count;

    /// <summary>Repository and pool.</summary>
    public IEnumerable<(string Member, string Pool)> Pairs => _pairs;

    /// <summary>Every pool once.</summary>
    public IEnumerable<string> Pools => _pairs.Select(static pair => pair.Pool).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// Asks every storage, and believes it only for replicas that are up to date there: a link in a replica that is behind may be an old one. Paths without a
    /// record are left out.
    /// </summary>
    public static async Task<PoolMembers> GatherAsync(
        CommandRun run, ServerConnection server, PoolNodes nodes, VirtualStorageOptions virtualStorage, CancellationToken cancellationToken)
    {
        var members = new PoolMembers();
        using var progress = new ProgressLine(run.Console, run.Time, $"pool members of \"{virtualStorage.Name}\"");
        foreach (var node in virtualStorage.Nodes)
        {
            var paths = await PathsAsync(server, virtualStorage.Name, node.Storage, cancellationToken);
            if (paths.Count == 0)
                continue;
            await foreach (var found in nodes.ScanAsync(node.Storage, cancellationToken))
            {
                if (paths.TryGetValue(found.RelativePath, out var member) && paths.TryGetValue(found.PoolDiskPath, out var pool))
                    members._pairs.Add((member, pool));
                progress.Report(members.Count, all: null);
            }
        }

        return members;
    }

    private static async Task<Dictionary<string, string>> PathsAsync(
        ServerConnection server, string virtualStorage, string storage, CancellationToken cancellationToken)
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        await server.StreamAsync(
            OperationMethods.ListReplicas,
            new ListReplicasRequest { VirtualStorage = virtualStorage, Storage = storage },
            ListReplicasResponse.Parser,
            chunk =>
            {
                foreach (var replica in chunk.Replicas.Where(static replica => replica.UpToDate))
                    paths[replica.ReplicaPath] = replica.RelativePath;
                return Task.CompletedTask;
            },
            cancellationToken);
        return paths;
    }
}
