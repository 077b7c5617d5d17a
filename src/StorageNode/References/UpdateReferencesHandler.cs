using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.References;

/// <summary>UpdateReferences and DeleteRefs: many references, all or none.</summary>
public sealed class UpdateReferencesHandler(StorageFolders storages, CallTransactions transactions)
{
    /// <summary>Most updates in one call: one million.</summary>
    public const int MaxUpdates = 1_000_000;

    /// <summary>Applies the updates of all messages at once.</summary>
    public async Task<UpdateReferencesResponse> UpdateAsync(IAsyncEnumerable<UpdateReferencesRequest> requests, ServerCallContext call)
    {
        var updates = new List<ReferenceUpdate>();
        Repository? named = null;
        RepositoryFolder? repository = null;
        await foreach (var request in requests.WithCancellation(call.CancellationToken))
        {
            named ??= request.Repository;
            repository ??= storages.Find(request.Repository);
            updates.AddRange(request.Updates.Select(Read));
            if (updates.Count > MaxUpdates)
            {
                throw new GrpcException(GrpcStatusCode.ResourceExhausted, $"more than {MaxUpdates} reference updates in one call");
            }
        }

        if (named is null || repository is null)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        }

        if (updates.Count == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "no reference updates");
        }

        await ReferenceUpdate.ApplyAsync(updates, repository, transactions, transactions.Find(call, named), call.CancellationToken);
        return new UpdateReferencesResponse();
    }

    /// <summary>Deletes the named references, or all but those with given prefixes.</summary>
    public async Task<DeleteRefsResponse> DeleteAsync(DeleteRefsRequest request, ServerCallContext call)
    {
        if (request.ExceptWithPrefix.Count > 0 && request.Refs.Count > 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "ExceptWithPrefix and Refs are mutually exclusive");
        }

        if (request.ExceptWithPrefix.Count == 0 && request.Refs.Count == 0)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "empty ExceptWithPrefix and Refs");
        }

        var repository = storages.Find(request.Repository);
        var names = request.Refs.Count > 0
            ? request.Refs.Select(ReferenceName.Check).ToList()
            : await AllButAsync(repository, request.ExceptWithPrefix, call.CancellationToken);
        var updates = names.Distinct(StringComparer.Ordinal).Select(name => new ReferenceUpdate(name, new string('0', 40), "")).ToList();
        if (updates.Count > 0)
        {
            await ReferenceUpdate.ApplyAsync(updates, repository, transactions, transactions.Find(call, request.Repository), call.CancellationToken);
        }

        return new DeleteRefsResponse();
    }

    private static ReferenceUpdate Read(UpdateReferencesRequest.Types.Update update)
    {
        var name = ReferenceName.Check(update.Reference);
        var changed = update.NewObjectId.ToStringUtf8();
        var old = update.OldObjectId.ToStringUtf8();
        if (!ObjectId.IsFull(changed) || (old.Length > 0 && !ObjectId.IsFull(old)))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"invalid object id for reference \"{name}\"");
        }

        return new ReferenceUpdate(name, changed, old);
    }

    private static async Task<List<string>> AllButAsync(RepositoryFolder repository, IEnumerable<ByteString> prefixes, CancellationToken cancellationToken)
    {
        var kept = prefixes.Select(prefix => prefix.ToStringUtf8()).ToList();
        if (kept.Exists(prefix => prefix.Length == 0))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "empty prefix in ExceptWithPrefix");
        }

        var all = await ReferenceList.ReadAsync(repository, cancellationToken);
        return all.Select(reference => reference.Name).Where(name => !kept.Exists(prefix => name.StartsWith(prefix, StringComparison.Ordinal))).ToList();
    }
}
