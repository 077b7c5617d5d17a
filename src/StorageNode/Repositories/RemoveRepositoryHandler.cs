using System.Text;
using Grpc.Core;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.Repositories;

/// <summary>RemoveRepository: out of sight in one step, then off the disk.</summary>
public sealed class RemoveRepositoryHandler(StorageFolders storages, CallTransactions transactions, RepositoryLocks locks)
{
    /// <summary>Removes the repository.</summary>
    /// <exception cref="GrpcException">NotFound: <c>repository does not exist</c>; Aborted by a vote.</exception>
    public async Task<RemoveRepositoryResponse> RemoveAsync(RemoveRepositoryRequest request, ServerCallContext call)
    {
        var cancellationToken = call.CancellationToken;
        var repository = storages.Locate(request.Repository);
        var transaction = transactions.Find(call, request.Repository);
        using var held = await locks.EnterAsync(repository, LockKind.Existence, cancellationToken);
        if (!Directory.Exists(repository.FullPath))
        {
            throw new GrpcException(GrpcStatusCode.NotFound, "repository does not exist");
        }

        if (!repository.Exists)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "relative path is a folder but not a repository");
        }

        var vote = Encoding.UTF8.GetBytes($"remove {repository.RelativePath}\n");
        if (transaction is not null)
        {
            await transaction.VoteOnAsync(vote, VotePhase.PreparedPhase, cancellationToken);
        }

        var grave = repository.Storage.NewTemporaryPath("remove");
        Directory.Move(repository.FullPath, grave);
        if (repository.Git.Durable)
        {
            Durability.FlushFolder(Path.GetDirectoryName(repository.FullPath)!);
        }

        try
        {
            if (transaction is not null)
            {
                await transaction.VoteOnAsync(vote, VotePhase.CommittedPhase, cancellationToken);
            }
        }
        finally
        {
            Removal.RemoveFolder(grave);
        }

        return new RemoveRepositoryResponse();
    }
}
