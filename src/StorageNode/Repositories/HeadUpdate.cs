using System.Text;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.Repositories;

/// <summary>Changes where HEAD points, with votes: git tells the hook of such a change only since 2.46, so the node votes itself.</summary>
public sealed class HeadUpdate(RepositoryLocks locks)
{
    /// <summary>Lets HEAD stand for <paramref name="branch"/> (a checked full name).</summary>
    /// <exception cref="Praefect.Wire.Grpc.GrpcException">A vote was not agreed to; HEAD has not changed when that was the first one.</exception>
    public async Task WriteAsync(RepositoryFolder repository, string branch, CallTransaction? transaction, CancellationToken cancellationToken)
    {
        using var held = await locks.EnterAsync(repository, LockKind.Head, cancellationToken);
        var vote = Encoding.UTF8.GetBytes($"ref: {branch}\n");
        if (transaction is not null)
        {
            await transaction.VoteOnAsync(vote, VotePhase.PreparedPhase, cancellationToken);
        }

        await Head.WriteTargetAsync(repository, branch, cancellationToken);
        if (transaction is not null)
        {
            await transaction.VoteOnAsync(vote, VotePhase.CommittedPhase, cancellationToken);
        }
    }
}
