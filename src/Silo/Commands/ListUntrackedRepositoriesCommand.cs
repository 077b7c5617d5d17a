using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary><c>list-untracked-repositories</c>: what lies on disks and has no record.</summary>
internal static class ListUntrackedRepositoriesCommand
{
    private const int BatchMax = 256;

    // For people and scripts, not for HTML.
    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(CommandFrame frame)
    {
        var delimiter = Flags.Value("delimiter", "What stands behind each repository", "\n");
        var olderThan = Flags.Value("older-than", "Only repositories that were not changed for so long, so that those being created are left out", "6h");
        return frame.Create(
            "list-untracked-repositories", "List repositories that are on a storage's disk and have no record", [delimiter, olderThan],
            (run, cancellationToken) => RunAsync(run, run.Text(delimiter), run.Text(olderThan), cancellationToken));
    }

    private static async Task RunAsync(CommandRun run, string delimiter, string olderThan, CancellationToken cancellationToken)
    {
        if (!GoDuration.TryParse(olderThan, out var age) || age < TimeSpan.Zero)
            throw MisuseException.OfValue("older-than", olderThan, "give a time such as 6h or 30m");
        await using var server = ServerConnection.To(run);
        using var progress = new ProgressLine(run.Console, run.Time, "repositories seen");
        var listing = new Listing(run, server, delimiter, run.Time.GetUtcNow() - age, progress);
        foreach (var virtualStorage in run.Options.VirtualStorages)
        {
            foreach (var node in virtualStorage.Nodes)
                await listing.WalkAsync(virtualStorage.Name, node, cancellationToken);
        }
    }

    private sealed class Listing(CommandRun run, ServerConnection server, string delimiter, DateTimeOffset changedBefore, ProgressLine progress)
    {
        private bool _any;
        private long _seen;

        public async Task WalkAsync(string virtualStorage, VirtualStorageNodeOptions node, CancellationToken cancellationToken)
        {
            await using var connection = NodeConnections.To(run, virtualStorage, node);
            var batch = new FindUntrackedRequest { VirtualStorage = virtualStorage, Storage = node.Storage };
            try
            {
                await foreach (var found in connection.Channel.ServerStreamAsync(
                    Methods.InternalGitaly.WalkRepos, new WalkReposRequest { StorageName = node.Storage }, WalkReposResponse.Parser, cancellationToken))
                {
                    progress.Report(++_seen, all: null);
                    if (found.ModificationTime?.ToDateTimeOffset() > changedBefore)
                        continue;
                    batch.ReplicaPaths.Add(found.RelativePath);
                    if (batch.ReplicaPaths.Count == BatchMax)
                        await FlushAsync(batch, cancellationToken);
                }
            }
            catch (GrpcException e)
            {
                throw new CommandException($"walking storage \"{node.Storage}\" of virtual storage \"{virtualStorage}\": {e.InWords()}", e);
            }

            await FlushAsync(batch, cancellationToken);
        }

        private async Task FlushAsync(FindUntrackedRequest batch, CancellationToken cancellationToken)
        {
            if (batch.ReplicaPaths.Count == 0)
                return;
            var answer = await AskAsync(batch, cancellationToken);
            batch.ReplicaPaths.Clear();
            foreach (var path in answer.ReplicaPaths)
            {
                progress.Clear();
                if (!_any)
                    await run.Output.WriteLineAsync("The following repositories were found on disk, but missing from the tracking database:");
                _any = true;
                var line = new SortedDictionary<string, string>(StringComparer.Ordinal)
                {
                    ["relative_path"] = path, ["storage"] = batch.Storage, ["virtual_storage"] = batch.VirtualStorage,
                };
                await run.Output.WriteAsync(JsonSerializer.Serialize(line, Format) + delimiter);
            }
        }

        private async Task<FindUntrackedResponse> AskAsync(FindUntrackedRequest batch, CancellationToken cancellationToken)
        {
            try
            {
                return await server.CallAsync(OperationMethods.FindUntracked, batch, FindUntrackedResponse.Parser, cancellationToken);
            }
            catch (GrpcException e)
            {
                throw new CommandException($"looking for records: {e.InWords()}", e);
            }
        }
    }
}
