using System.Text;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using VotePhase = Praefect.Wire.Protos.VoteTransactionRequest.Types.Phase;

namespace Praefect.StorageNode.References;

/// <summary>One change of a reference.</summary>
/// <param name="Name">Full name, checked by <see cref="ReferenceName"/>.</param>
/// <param name="New">Object id it shall have; zeros to delete it.</param>
/// <param name="Old">Object id it must have before; zeros: it must not exist; empty: whatever.</param>
public sealed record ReferenceUpdate(string Name, string New, string Old)
{
    /// <summary>Applies all of <paramref name="updates"/> or none, in one transaction of git, voted on when there is a <paramref name="transaction"/>.</summary>
    /// <exception cref="GrpcException">
    /// FailedPrecondition: an old value differs, a name collides with an existing one, or an object is missing; Aborted: another write holds a
    /// reference, or a vote was not agreed to.
    /// </exception>
    public static async Task ApplyAsync(
        IEnumerable<ReferenceUpdate> updates, RepositoryFolder repository, CallTransactions transactions, CallTransaction? transaction, CancellationToken cancellationToken)
    {
        var list = updates.ToList();
        if (transaction is not null && list.Exists(update => update.IsBlindDeletion))
        {
            var named = list;
            list = await FillOldValuesAsync(list, repository, cancellationToken);
            if (list.Count == 0)
            {
                await VoteOnNothingAsync(named, transaction, cancellationToken);
                return;
            }
        }

        var input = new StringBuilder("start\0");
        list.ForEach(update => update.Append(input));
        input.Append("prepare\0commit\0");
        var command = repository.Command("update-ref", "--no-deref", "-z", "--stdin");
        try
        {
            await transactions.CaptureAsync(repository, transaction, command, Encoding.UTF8.GetBytes(input.ToString()), cancellationToken);
        }
        catch (GitFailedException exception)
        {
            throw Explain(exception);
        }
    }

    private bool IsBlindDeletion => Old.Length == 0 && ObjectId.IsZero(New);

    // Git shows the hook a deletion without old value as zeros to zeros, which is also how the clean-up of packed references looks, on
    // which nobody votes. With the value that the reference has, the deletion is voted on, and replicas that differ notice it.
    private static async Task<List<ReferenceUpdate>> FillOldValuesAsync(List<ReferenceUpdate> updates, RepositoryFolder repository, CancellationToken cancellationToken)
    {
        var current = (await ReferenceList.ReadAsync(repository, cancellationToken)).ToDictionary(reference => reference.Name, reference => reference.Target, StringComparer.Ordinal);
        return updates
            .Where(update => !update.IsBlindDeletion || current.ContainsKey(update.Name))
            .Select(update => update.IsBlindDeletion ? update with { Old = current[update.Name] } : update)
            .ToList();
    }

    // All replicas must find nothing to delete, too.
    private static async Task VoteOnNothingAsync(List<ReferenceUpdate> updates, CallTransaction transaction, CancellationToken cancellationToken)
    {
        var names = Encoding.UTF8.GetBytes(string.Concat(updates.Select(update => $"missing {update.Name}\n")));
        await transaction.VoteOnAsync(names, VotePhase.PreparedPhase, cancellationToken);
        await transaction.VoteOnAsync(names, VotePhase.CommittedPhase, cancellationToken);
    }

    private void Append(StringBuilder input)
    {
        // Fields end with NUL; an empty old value means that it is not checked.
        if (New.Length > 0 && ObjectId.IsZero(New))
        {
            input.Append("delete ").Append(Name).Append('\0').Append(Old).Append('\0');
        }
        else
        {
            input.Append("update ").Append(Name).Append('\0').Append(New).Append('\0').Append(Old).Append('\0');
        }
    }

    private static GrpcException Explain(GitFailedException exception)
    {
        var text = exception.StandardError.Trim();
        var locked = text.Contains(".lock", StringComparison.Ordinal) && text.Contains("File exists", StringComparison.Ordinal);
        return locked
            ? new GrpcException(GrpcStatusCode.Aborted, $"references locked: {text}", exception)
            : new GrpcException(GrpcStatusCode.FailedPrecondition, $"updating references: {text}", exception);
    }
}
