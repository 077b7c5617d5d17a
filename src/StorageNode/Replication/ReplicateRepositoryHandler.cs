using Grpc.Core;
using Microsoft.Extensions.Logging;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Backchannel;
using Praefect.Wire.GitHttp;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Protos;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;

namespace Praefect.StorageNode.Replication;

/// <summary>ReplicateRepository: makes a repository here equal to the one of another node.</summary>
public sealed partial class ReplicateRepositoryHandler(
    StorageFolders storages, RepositoryLocks locks, FetchGate gate, ReplicaCopy copy, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger<ReplicateRepositoryHandler>();

    /// <summary>Replicates. Casts no votes, also when the call is part of a transaction.</summary>
    /// <exception cref="GrpcException">NotFound, <c>invalid source repository</c>: the source does not have it. Unavailable: the source cannot be reached.</exception>
    public async Task<ReplicateRepositoryResponse> ReplicateAsync(ReplicateRepositoryRequest request, ServerCallContext call)
    {
        var target = storages.Locate(request.Repository);
        Check(request);
        var options = GitalyServers.Find(call.Header(GitalyServers.Key), request.Source.StorageName);
        var sidechannels = new SidechannelRegistry(time);
        await using var source = new NodeConnection(options, sidechannels, NoBackchannelAcceptor.Instance, new YamuxOptions(), time, loggers);

        using var held = await locks.EnterAsync(target, LockKind.Existence, call.CancellationToken);
        var format = await ReadFormatAsync(source.Channel, request.Source, call.CancellationToken);
        var snapshot = await SourceSnapshot.ReadAsync(source.Channel, request.Source, call.CancellationToken);
        using var path = gate.Open(new GitHttpTarget(source.Channel, source.MultiplexedChannel, sidechannels, request.Source));
        if (!await TryUpdateAsync(target, snapshot, format, path.Url, call.CancellationToken))
        {
            await CopyAnewAsync(target, snapshot, format, path.Url, call.CancellationToken);
        }

        return new ReplicateRepositoryResponse();
    }

    private static void Check(ReplicateRepositoryRequest request)
    {
        var fault = request switch
        {
            { Source: null } => "source repository cannot be empty",
            _ when !string.Equals(request.Source.RelativePath, request.Repository.RelativePath, StringComparison.Ordinal) => "both source and repository should have the same relative path",
            _ when string.Equals(request.Source.StorageName, request.Repository.StorageName, StringComparison.Ordinal) => "repository and source have the same storage",
            _ => null,
        };
        if (fault is not null)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, fault);
        }
    }

    private static async Task<ObjectFormat> ReadFormatAsync(GrpcChannel source, Repository repository, CancellationToken cancellationToken)
    {
        var exists = await source.UnaryAsync(
            "/gitaly.RepositoryService/RepositoryExists", new RepositoryExistsRequest { Repository = repository }, RepositoryExistsResponse.Parser, options: null, cancellationToken);
        if (!exists.Exists)
        {
            throw new GrpcException(GrpcStatusCode.NotFound, "invalid source repository");
        }

        var response = await source.UnaryAsync(
            "/gitaly.RepositoryService/ObjectFormat", new ObjectFormatRequest { Repository = repository }, ObjectFormatResponse.Parser, options: null, cancellationToken);
        return response.Format;
    }

    private async Task<bool> TryUpdateAsync(RepositoryFolder target, SourceSnapshot snapshot, ObjectFormat format, Uri source, CancellationToken cancellationToken)
    {
        if (!target.Exists)
        {
            return false;
        }

        try
        {
            if (await RepositoryQueries.ReadObjectFormatAsync(target, cancellationToken) != format)
            {
                return false;
            }

            await copy.RunAsync(target, snapshot, source, cancellationToken);
            return true;
        }
        catch (GitFailedException exception)
        {
            // Perhaps the repository here is damaged: a whole new copy does not depend on it. If the source is the trouble, that fails too.
            LogUpdateFailed(exception, target.RelativePath);
            return false;
        }
    }

    private async Task CopyAnewAsync(RepositoryFolder target, SourceSnapshot snapshot, ObjectFormat format, Uri source, CancellationToken cancellationToken)
    {
        var branch = snapshot.Head.StartsWith("refs/heads/", StringComparison.Ordinal) ? snapshot.Head["refs/heads/".Length..] : NewRepository.UsualBranch;
        await RepositoryCreation.CreateHeldAsync(target, new NewRepository(branch, format), transaction: null, FillAsync, cancellationToken, replace: true);

        async Task FillAsync(RepositoryFolder temporary)
        {
            await copy.RunAsync(temporary, snapshot, source, cancellationToken);
            await temporary.Git.CaptureAsync(temporary.Command("pack-refs", "--all", "--prune"), cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Repository} could not be brought up to date, copying it anew")]
    private partial void LogUpdateFailed(Exception exception, string repository);
}
