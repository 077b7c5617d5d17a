using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Repositories;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.References;

/// <summary>RefExists, FindDefaultBranchName, HasLocalBranches.</summary>
public sealed class ReferenceQueries(StorageFolders storages)
{
    private const int Missing = 1;

    /// <summary>Whether a reference exists.</summary>
    public async Task<RefExistsResponse> ExistsAsync(RefExistsRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        return new RefExistsResponse { Value = await ExistsAsync(repository, ReferenceName.Check(request.Ref), call.CancellationToken) };
    }

    /// <summary>Whether there is any branch.</summary>
    public async Task<HasLocalBranchesResponse> HasLocalBranchesAsync(HasLocalBranchesRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var output = await repository.Git.CaptureAsync(repository.Command("for-each-ref", "--count=1", "--format=%(refname)", "refs/heads/"), call.CancellationToken);
        return new HasLocalBranchesResponse { Value = !output.Bytes.IsEmpty };
    }

    /// <summary>
    /// The default branch: where HEAD points if that branch exists, else main, master, or the first branch; empty when there is none.
    /// With <c>head_only</c> where HEAD points, whether it exists or not.
    /// </summary>
    public async Task<FindDefaultBranchNameResponse> FindDefaultBranchAsync(FindDefaultBranchNameRequest request, ServerCallContext call)
    {
        var repository = storages.Find(request.Repository);
        var head = await Head.ReadTargetAsync(repository, call.CancellationToken);
        if (!request.HeadOnly)
        {
            var branches = (await ReferenceList.ReadAsync(repository, call.CancellationToken))
                .Select(reference => reference.Name)
                .Where(name => name.StartsWith("refs/heads/", StringComparison.Ordinal))
                .ToHashSet(StringComparer.Ordinal);
            head = Array.Find([head, "refs/heads/main", "refs/heads/master"], branches.Contains) ?? branches.Order(StringComparer.Ordinal).FirstOrDefault("");
        }

        return new FindDefaultBranchNameResponse { Name = ByteString.CopyFromUtf8(head) };
    }

    private static async Task<bool> ExistsAsync(RepositoryFolder repository, string name, CancellationToken cancellationToken)
    {
        var output = await repository.Git.CaptureAsync(repository.Command("show-ref", "--verify", "--quiet", "--", name), cancellationToken, Missing);
        return output.Code == 0;
    }
}
