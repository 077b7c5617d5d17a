using System.Text;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Replication;

/// <summary>Makes a repository equal to a snapshot of its source: first objects, then references, then HEAD. Nothing here votes.</summary>
public sealed class ReplicaCopy(CallTransactions transactions)
{
    /// <summary>Copies what is missing.</summary>
    /// <exception cref="GrpcException">The result is not equal to the snapshot, because somebody else writes here.</exception>
    /// <exception cref="Git.GitFailedException">Objects could not be fetched.</exception>
    public async Task RunAsync(RepositoryFolder target, SourceSnapshot snapshot, Uri source, CancellationToken cancellationToken)
    {
        var local = (await ReferenceList.ReadAsync(target, cancellationToken)).ToDictionary(reference => reference.Name, reference => reference.Target, StringComparer.Ordinal);
        var changed = snapshot.References.Where(reference => !string.Equals(local.GetValueOrDefault(reference.Name), reference.Target, StringComparison.Ordinal)).ToList();
        if (changed.Count > 0)
        {
            await FetchAsync(target, changed.Select(reference => reference.Target), source, cancellationToken);
        }

        await UpdateAsync(target, snapshot, local, changed, cancellationToken);
        var head = await Head.ReadTargetAsync(target, cancellationToken);
        if (snapshot.Head.Length > 0 && !string.Equals(head, snapshot.Head, StringComparison.Ordinal))
        {
            await Head.WriteTargetAsync(target, snapshot.Head, cancellationToken);
            head = snapshot.Head;
        }

        var expected = snapshot.Checksum(head);
        var found = await RepositoryQueries.CalculateAsync(target, cancellationToken);
        if (!string.Equals(found, expected, StringComparison.Ordinal))
        {
            throw new GrpcException(GrpcStatusCode.FailedPrecondition, $"replica differs from its source after replication: checksum {found}, expected {expected}");
        }
    }

    private static async Task FetchAsync(RepositoryFolder target, IEnumerable<string> objects, Uri source, CancellationToken cancellationToken)
    {
        // By object id rather than by name: a reference that moves on meanwhile does not matter, and no reference is written by the fetch.
        var wanted = Encoding.ASCII.GetBytes(string.Join('\n', objects.Distinct(StringComparer.Ordinal)) + "\n");
        var command = target.Command("fetch", "--quiet", "--stdin", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap=", source.ToString()) with
        {
            Configuration = [new("protocol.version", "2"), new("http.proxy", ""), new("transfer.unpackLimit", "100")],
        };
        await target.Git.CaptureAsync(command, wanted, cancellationToken);
    }

    private async Task UpdateAsync(
        RepositoryFolder target, SourceSnapshot snapshot, Dictionary<string, string> local, List<Reference> changed, CancellationToken cancellationToken)
    {
        // Deletions go first, in a transaction of their own: "a" must be gone before "a/b" can be made.
        var kept = snapshot.References.Select(reference => reference.Name).ToHashSet(StringComparer.Ordinal);
        var deletions = local.Where(reference => !kept.Contains(reference.Key))
            .Select(reference => new ReferenceUpdate(reference.Key, new string('0', reference.Value.Length), reference.Value)).ToList();
        if (deletions.Count > 0)
        {
            await ReferenceUpdate.ApplyAsync(deletions, target, transactions, transaction: null, cancellationToken);
        }

        var updates = changed
            .Select(reference => new ReferenceUpdate(reference.Name, reference.Target, local.GetValueOrDefault(reference.Name) ?? new string('0', reference.Target.Length))).ToList();
        if (updates.Count > 0)
        {
            await ReferenceUpdate.ApplyAsync(updates, target, transactions, transaction: null, cancellationToken);
        }
    }
}
