using Praefect.Gateway.Operations;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Commands;

/// <summary>A repository on a disk that is to be tracked.</summary>
internal sealed record RepositoryToTrack(string VirtualStorage, string RelativePath, string ReplicaPath, string AuthoritativeStorage);

/// <summary>What <c>track-repository</c> and <c>track-repositories</c> do for one repository.</summary>
internal static class Tracking
{
    private const string Prefix = "attempting to track repository in praefect database: ";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // Copying goes on in the background whatever the command does.
    private static readonly TimeSpan ReplicationMax = TimeSpan.FromHours(1);

    /// <summary>Makes the record and says who gets copies; waits for them if asked to.</summary>
    /// <exception cref="CommandException">It cannot be tracked, or a copy cannot be made now.</exception>
    public static async Task TrackAsync(
        CommandRun run, ServerConnection server, RepositoryToTrack repository, bool replicateNow, CancellationToken cancellationToken)
    {
        var tracked = await RecordAsync(run, server, repository, cancellationToken);
        if (tracked.AlreadyTracked)
            await run.Output.WriteLineAsync("repository is already tracked in praefect database");
        await run.Output.WriteLineAsync("Finished adding new repository to be tracked in praefect database.");
        if (replicateNow)
        {
            await WaitAsync(run, server, repository, [.. tracked.Secondaries], cancellationToken);
            return;
        }

        foreach (var storage in tracked.Secondaries)
            await run.Output.WriteLineAsync($"Added replication job to replicate repository to \"{storage}\".");
    }

    /// <summary>Whether a node has the repository on its disk.</summary>
    /// <exception cref="CommandException"><c>virtual storage "x" not found</c>, <c>node "x" not found</c>, or the node's answer was an error.</exception>
    public static async Task<bool> IsOnDiskAsync(CommandRun run, RepositoryToTrack repository, CancellationToken cancellationToken)
    {
        var node = run.VirtualStorage(repository.VirtualStorage).Node(repository.AuthoritativeStorage);
        await using var connection = NodeConnections.To(run, repository.VirtualStorage, node);
        var request = new RepositoryExistsRequest { Repository = new Repository { StorageName = node.Storage, RelativePath = repository.ReplicaPath } };
        try
        {
            return (await connection.Channel.UnaryAsync(
                Methods.Repository.RepositoryExists, request, RepositoryExistsResponse.Parser, new GrpcCallOptions { Timeout = NodeCheck.DefaultTimeout }, cancellationToken)).Exists;
        }
        catch (GrpcException e)
        {
            throw new CommandException(e.InWords(), e);
        }
    }

    private static async Task<TrackRepositoryResponse> RecordAsync(
        CommandRun run, ServerConnection server, RepositoryToTrack repository, CancellationToken cancellationToken)
    {
        try
        {
            _ = run.VirtualStorage(repository.VirtualStorage).Node(repository.AuthoritativeStorage);
        }
        catch (CommandException e)
        {
            throw new CommandException(Prefix + e.Message, e);
        }

        var request = new TrackRepositoryRequest
        {
            VirtualStorage = repository.VirtualStorage,
            RelativePath = repository.RelativePath,
            ReplicaPath = repository.ReplicaPath,
            AuthoritativeStorage = repository.AuthoritativeStorage,
        };
        try
        {
            return await server.CallAsync(OperationMethods.TrackRepository, request, TrackRepositoryResponse.Parser, cancellationToken);
        }
        catch (GrpcException e)
        {
            throw new CommandException(e.Status.Message.StartsWith(Prefix, StringComparison.Ordinal) ? e.Status.Message : Prefix + e.Status.Message, e);
        }
    }

    private static async Task WaitAsync(
        CommandRun run, ServerConnection server, RepositoryToTrack repository, List<string> waiting, CancellationToken cancellationToken)
    {
        using var progress = new ProgressLine(run.Console, run.Time, "replicating, storages done");
        var (all, started) = (waiting.Count, run.Time.GetTimestamp());
        var query = new GetRepositoryMetadataRequest
        {
            Path = new GetRepositoryMetadataRequest.Types.Path { VirtualStorage = repository.VirtualStorage, RelativePath = repository.RelativePath },
        };
        var repair = new RepairRepositoryRequest { VirtualStorage = repository.VirtualStorage, RelativePath = repository.RelativePath };
        while (waiting.Count > 0)
        {
            await server.CallAsync(OperationMethods.RepairRepository, repair, RepairRepositoryResponse.Parser, cancellationToken);
            var metadata = await server.CallAsync(Methods.PraefectInfo.GetRepositoryMetadata, query, GetRepositoryMetadataResponse.Parser, cancellationToken);
            foreach (var replica in metadata.Replicas.Where(replica => waiting.Contains(replica.Storage)))
            {
                if (replica.Generation < metadata.Generation && !replica.Healthy)
                    throw new CommandException($"replicating to \"{replica.Storage}\": the storage is not healthy; the copy is made when it is");
                if (replica.Generation < metadata.Generation)
                    continue;
                waiting.Remove(replica.Storage);
                progress.Clear();
                await run.Output.WriteLineAsync($"Finished replicating repository to \"{replica.Storage}\".");
            }

            progress.Report(all - waiting.Count, all);
            if (waiting.Count > 0 && run.Time.GetElapsedTime(started) > ReplicationMax)
                throw new CommandException($"replicating to {string.Join(", ", waiting)} takes longer than an hour; it goes on in the background");
            if (waiting.Count > 0)
                await Task.Delay(Pause, run.Time, cancellationToken);
        }
    }
}
