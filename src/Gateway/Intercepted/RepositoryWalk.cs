using Grpc.Core;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>
/// WalkRepos: every repository of a virtual storage by the path that clients know, from the catalogue. Read in pages and written as the client takes them, so
/// that any number of them costs little memory. Without a modification time, which would be each replica's own. The rest of InternalGitaly is the nodes'.
/// </summary>
internal sealed class RepositoryWalk(CatalogueAccess catalogue) : InternalGitaly.InternalGitalyBase
{
    /// <exception cref="GrpcException">InvalidArgument: no storage. An unknown one has no repositories.</exception>
    public override async Task WalkRepos(WalkReposRequest request, IServerStreamWriter<WalkReposResponse> responseStream, ServerCallContext context)
    {
        if (request.StorageName.Length == 0)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "storage name not set");
        var paths = catalogue.Get(Methods.InternalGitaly.WalkRepos).ListPathsAsync(request.StorageName, context.CancellationToken);
        await foreach (var path in paths)
            await responseStream.WriteAsync(new WalkReposResponse { RelativePath = path }, context.CancellationToken);
    }
}
