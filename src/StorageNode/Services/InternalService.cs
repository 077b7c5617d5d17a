using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Praefect.StorageNode.Storages;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Services;

/// <summary>What this node answers of InternalGitaly.</summary>
public sealed class InternalService(StorageFolders storages) : InternalGitaly.InternalGitalyBase
{
    /// <summary>All repositories of a storage.</summary>
    public override async Task WalkRepos(WalkReposRequest request, IServerStreamWriter<WalkReposResponse> responseStream, ServerCallContext context)
    {
        foreach (var repository in RepositoryWalk.Walk(storages.Get(request.StorageName), context.CancellationToken))
        {
            var modified = new DirectoryInfo(repository.FullPath).LastWriteTimeUtc;
            await responseStream.WriteAsync(
                new WalkReposResponse { RelativePath = repository.RelativePath, ModificationTime = Timestamp.FromDateTime(modified) }, context.CancellationToken);
        }
    }
}
