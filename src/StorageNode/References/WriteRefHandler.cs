using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.References;

/// <summary>WriteRef: one reference to one revision, or HEAD to a branch.</summary>
public sealed class WriteRefHandler(StorageFolders storages, CallTransactions transactions, HeadUpdate heads)
{
    /// <summary>Writes the reference.</summary>
    /// <exception cref="GrpcException">InvalidArgument: name, revision or old revision; NotFound: the revision; FailedPrecondition: the old value differs; Aborted by a vote.</exception>
    public async Task<WriteRefResponse> WriteAsync(WriteRefRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var transaction = transactions.Find(call, request.Repository);
        if (request.Ref.Span.SequenceEqual("HEAD"u8))
        {
            await heads.WriteAsync(repository, ReferenceName.Check(request.Revision), transaction, call.CancellationToken);
            return new WriteRefResponse();
        }

        var name = ReferenceName.Check(request.Ref);
        var revision = await ResolveAsync(repository, request.Revision, call.CancellationToken);
        var old = request.OldRevision.IsEmpty ? "" : await ResolveAsync(repository, request.OldRevision, call.CancellationToken);
        var update = new ReferenceUpdate(name, revision, old);
        await ReferenceUpdate.ApplyAsync([update], repository, transactions, transaction, call.CancellationToken);
        return new WriteRefResponse();
    }

    private static async Task<string> ResolveAsync(RepositoryFolder repository, ByteString revision, CancellationToken cancellationToken)
    {
        var text = ReferenceName.CheckRevision(revision);
        if (ObjectId.IsFull(text))
        {
            return text;
        }

        try
        {
            var output = await repository.Git.CaptureAsync(repository.Command("rev-parse", "--verify", "--quiet", "--end-of-options", text), cancellationToken);
            var lines = Encoding.ASCII.GetString(output.Bytes.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines[^1];
        }
        catch (GitFailedException exception)
        {
            throw new GrpcException(GrpcStatusCode.NotFound, $"resolving revision \"{text}\": reference not found", exception);
        }
    }
}
