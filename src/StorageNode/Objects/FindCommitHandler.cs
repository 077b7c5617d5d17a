using System.Text;
using Grpc.Core;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Objects;

/// <summary>FindCommit: the commit that a revision names.</summary>
public sealed class FindCommitHandler(StorageFolders storages)
{
    /// <summary>The commit; an empty response when there is none.</summary>
    public async Task<FindCommitResponse> FindAsync(FindCommitRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var revision = ReferenceName.CheckRevision(request.Revision);
        var output = await repository.Git.CaptureAsync(
            repository.Command("cat-file", "--batch"), Encoding.UTF8.GetBytes(revision + "^{commit}\n"), call.CancellationToken);
        var bytes = output.Bytes;
        var lineEnd = bytes.Span.IndexOf((byte)'\n');
        var words = Encoding.UTF8.GetString(bytes.Span[..Math.Max(lineEnd, 0)]).Split(' ');
        if (words is not [var id, "commit", _])
        {
            return new FindCommitResponse();
        }

        return new FindCommitResponse { Commit = CommitParser.Parse(id, bytes.Span[(lineEnd + 1)..^1]) };
    }
}
