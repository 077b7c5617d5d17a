using Praefect.StorageNode.Hooks;
using Praefect.Wire.Grpc;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.Votes;

/// <summary>Turns the steps of git's reference transactions into votes.</summary>
public sealed class HookVotes(CallTransaction transaction) : IHookHandler
{
    /// <inheritdoc/>
    public async Task<string?> HandleAsync(HookState state, ReadOnlyMemory<byte> updates, CancellationToken cancellationToken)
    {
        // What was rolled back needs no agreement. Announcements (git 2.54) are not voted on either: replicas with
        // different versions of git must cast the same votes.
        if (state is HookState.Preparing or HookState.Aborted || IsForcedDeletionsOnly(updates.Span))
        {
            return null;
        }

        try
        {
            await transaction.VoteOnAsync(updates, state == HookState.Prepared ? VotePhase.PreparedPhase : VotePhase.CommittedPhase, cancellationToken);
            return null;
        }
        catch (GrpcException exception)
        {
            return exception.Status.Message.ReplaceLineEndings(" ");
        }
    }

    /// <summary>
    /// Whether every update has zeros as old and as new value. Git deletes a reference from its packed file in a transaction of its own,
    /// which happens only on nodes where the reference was packed: a matter of files, not of the repository's state, so nobody votes on it.
    /// </summary>
    public static bool IsForcedDeletionsOnly(ReadOnlySpan<byte> updates)
    {
        while (!updates.IsEmpty)
        {
            var end = updates.IndexOf((byte)'\n');
            var line = end < 0 ? updates : updates[..end];
            var first = line.IndexOf((byte)' ');
            var second = first < 0 ? -1 : line[(first + 1)..].IndexOf((byte)' ');
            if (second < 0 || line[..(first + 1 + second)].ContainsAnyExcept((byte)'0', (byte)' '))
            {
                return false;
            }

            updates = end < 0 ? default : updates[(end + 1)..];
        }

        return true;
    }
}
