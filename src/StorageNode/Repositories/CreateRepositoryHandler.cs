using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.References;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Repositories;

/// <summary>CreateRepository and CreateRepositoryFromBundle.</summary>
public sealed class CreateRepositoryHandler(StorageFolders storages, CallTransactions transactions, RepositoryCreation creation)
{
    /// <summary>An empty repository.</summary>
    public async Task<CreateRepositoryResponse> CreateAsync(CreateRepositoryRequest request, ServerCallContext call)
    {
        var target = storages.Locate(request.Repository);
        var branch = request.DefaultBranch.IsEmpty ? NewRepository.UsualBranch : request.DefaultBranch.ToStringUtf8();
        branch = branch.StartsWith("refs/heads/", StringComparison.Ordinal) ? branch["refs/heads/".Length..] : branch;
        if (!ReferenceName.IsFull("refs/heads/" + branch) || branch[0] == '-')
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"invalid default branch: \"{branch.ReplaceLineEndings(" ")}\"");
        }

        if (request.ObjectFormat is not (ObjectFormat.Unspecified or ObjectFormat.Sha1 or ObjectFormat.Sha256))
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"unknown object format: {(int)request.ObjectFormat}");
        }

        var transaction = transactions.Find(call, request.Repository);
        await creation.CreateAsync(target, new NewRepository(branch, request.ObjectFormat), transaction, fill: null, call.CancellationToken);
        return new CreateRepositoryResponse();
    }

    /// <summary>A repository with the references and objects of a bundle.</summary>
    public async Task<CreateRepositoryFromBundleResponse> CreateFromBundleAsync(IAsyncEnumerable<CreateRepositoryFromBundleRequest> requests, ServerCallContext call)
    {
        await using var stream = requests.GetAsyncEnumerator(call.CancellationToken);
        if (!await stream.MoveNextAsync())
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        }

        var first = stream.Current;
        var target = storages.Locate(first.Repository);
        var transaction = transactions.Find(call, first.Repository);
        await using var bundle = await BundleFile.ReceiveAsync(target.Storage, first.Data, stream, request => request.Data, call.CancellationToken);
        var header = await bundle.ReadHeaderAsync(call.CancellationToken);
        await creation.CreateAsync(
            target, new NewRepository(NewRepository.UsualBranch, header.ObjectFormat), transaction, temporary => FillAsync(temporary, bundle, header, call.CancellationToken), call.CancellationToken);
        return new CreateRepositoryFromBundleResponse();
    }

    private static async Task FillAsync(RepositoryFolder temporary, BundleFile bundle, BundleHeader header, CancellationToken cancellationToken)
    {
        try
        {
            await temporary.Git.CaptureAsync(
                temporary.Command("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--atomic", bundle.FilePath, "+refs/*:refs/*"), cancellationToken);
        }
        catch (GitFailedException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"bundle cannot be read: {exception.StandardError.Trim()}", exception);
        }

        if (header.GuessHead() is { } branch)
        {
            await Head.WriteTargetAsync(temporary, branch, cancellationToken);
        }
    }
}
