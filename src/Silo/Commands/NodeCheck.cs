using System.Collections.Immutable;
using Grpc.Health.V1;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary>Asks every node once whether it serves, and serves what the configuration says; tells each step in a line.</summary>
internal static class NodeCheck
{
    /// <summary>How long one node may take unless told otherwise.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Checks all addresses at once.</summary>
    /// <param name="run">With the configuration.</param>
    /// <param name="timeout">For each node.</param>
    /// <param name="output">Gets the lines as they come.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Addresses of nodes that are not in order, sorted.</returns>
    public static async Task<ImmutableArray<string>> RunAsync(CommandRun run, TimeSpan timeout, TextWriter output, CancellationToken cancellationToken)
    {
        using var writing = TextWriterLines.Over(output);
        var groups = run.Options.VirtualStorages
            .SelectMany(storage => storage.Nodes, static (storage, node) => (VirtualStorage: storage.Name, Node: node))
            .GroupBy(static pair => pair.Node.Address, StringComparer.Ordinal);
        var checks = groups.Select(async group =>
        {
            var storages = group.ToLookup(static pair => pair.Node.Storage, static pair => pair.VirtualStorage, StringComparer.Ordinal);
            return (Address: group.Key, Good: await CheckAsync(run, group.First().Node, storages, timeout, writing, cancellationToken));
        });
        return [.. (await Task.WhenAll(checks)).Where(static check => !check.Good).Select(static check => check.Address).Order(StringComparer.Ordinal)];
    }

    private static async Task<bool> CheckAsync(
        CommandRun run, VirtualStorageNodeOptions node, ILookup<string, string> storages, TimeSpan timeout, TextWriterLines lines, CancellationToken cancellationToken)
    {
        await using var connection = NodeConnections.To(run, storages.First().First(), node, new NodeConnectionSettings { ConnectTimeout = timeout });
        var options = new GrpcCallOptions { Timeout = timeout };
        return await HealthAsync(connection, options, Say, cancellationToken) && await ConsistencyAsync(connection, options, storages, Say, cancellationToken);

        void Say(string text) => lines.Write($"[{node.Address}]: {text}");
    }

    private static async Task<bool> HealthAsync(NodeConnection connection, GrpcCallOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        say("dialing...");
        try
        {
            var answer = await connection.Channel.UnaryAsync(Methods.Health.Check, new HealthCheckRequest(), HealthCheckResponse.Parser, options, cancellationToken);
            say("dialed successfully!");
            say("checking health...");
            if (answer.Status == HealthCheckResponse.Types.ServingStatus.Serving)
            {
                say("SUCCESS: node is healthy!");
                return true;
            }

            say($"ERROR: health check did not report serving, instead reported: {answer.Status.ToString().ToUpperInvariant()}");
        }
        catch (GrpcException e) when (e.Broken)
        {
            say($"ERROR: dialing failed: {e.Status.Message}");
        }
        catch (GrpcException e)
        {
            say("dialed successfully!");
            say("checking health...");
            say($"ERROR: unable to request health check: {e.InWords()}");
        }

        return false;
    }

    private static async Task<bool> ConsistencyAsync(
        NodeConnection connection, GrpcCallOptions options, ILookup<string, string> storages, Action<string> say, CancellationToken cancellationToken)
    {
        say("checking consistency...");
        var good = false;
        try
        {
            var info = await connection.Channel.UnaryAsync(Methods.Server.ServerInfo, new ServerInfoRequest(), ServerInfoResponse.Parser, options, cancellationToken);
            good = IsConsistent(info, storages, say);
        }
        catch (GrpcException e)
        {
            say($"ERROR: failed to receive state from the remote: {e.InWords()}");
        }

        say(good ? "SUCCESS: node configuration is consistent!" : "ERROR: consistency check failed");
        return good;
    }

    private static bool IsConsistent(ServerInfoResponse info, ILookup<string, string> storages, Action<string> say)
    {
        if (info.StorageStatuses.Count == 0)
        {
            say("ERROR: remote has no configured storages");
            return false;
        }

        var good = true;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var status in info.StorageStatuses)
        {
            var problem = !seen.Add(status.StorageName) ? $"ERROR: remote has duplicated storage: \"{status.StorageName}\""
                : !storages.Contains(status.StorageName) ? null
                : status is { Readable: true, Writeable: true } ? null
                : $"ERROR: storage \"{status.StorageName}\" is not readable or writable";
            if (problem is not null)
                say(problem);
            else if (storages.Contains(status.StorageName))
                say($"SUCCESS: confirmed Gitaly storage \"{status.StorageName}\" in virtual storages [{string.Join(' ', storages[status.StorageName])}] is served");
            good &= problem is null;
        }

        foreach (var missing in storages.Select(static group => group.Key).Where(storage => !seen.Contains(storage)).Order(StringComparer.Ordinal))
        {
            say($"ERROR: configured storage was not reported by remote: \"{missing}\"");
            good = false;
        }

        return good;
    }
}
