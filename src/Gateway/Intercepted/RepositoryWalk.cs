using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>
/// WalkRepos: every repository of a virtual storage by the path that clients know, from the catalogue. Read in pages and written as the client takes them, so
/// that any number of them costs little memory. Without a modification time, which would be each replica's own.
/// </summary>
internal sealed class RepositoryWalk(CatalogueAccess catalogue)
{
    /// <exception cref="GrpcException">InvalidArgument: no storage. An unknown one has no repositories.</exception>
    public async Task HandleAsync(WalkReposRequest request, GrpcServerCall call, IGrpcResponseStream<WalkReposResponse> responses)
    {
        if (request.StorageName.Length == 0)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "storage name not set");
        var paths = catalogue.Get(Methods.InternalGitaly.WalkRepos).ListPathsAsync(request.StorageName, call.CancellationToken);
        await foreach (var path in paths)
            await responses.WriteAsync(new WalkReposResponse { RelativePath = path }, call.CancellationToken);
    }
}
