using Google.Protobuf;
using Grpc.Core;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Packs;
using Praefect.StorageNode.Storages;
using Praefect.StorageNode.Votes;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.StorageNode.Repositories;

/// <summary>FetchBundle and CreateBundle.</summary>
public sealed class BundleHandlers(StorageFolders storages, CallTransactions transactions, HeadUpdate heads)
{
    /// <summary>Makes the references equal to those of a bundle; with <c>update_head</c> HEAD as well.</summary>
    public async Task<FetchBundleResponse> FetchAsync(IAsyncEnumerable<FetchBundleRequest> requests, ServerCallContext call)
    {
        await using var stream = requests.GetAsyncEnumerator(call.CancellationToken);
        if (!await stream.MoveNextAsync())
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "repository not set");
        }

        var first = stream.Current;
        var repository = storages.Find(first.Repository);
        var transaction = transactions.Find(call, first.Repository);
        await using var bundle = await BundleFile.ReceiveAsync(repository.Storage, first.Data, stream, request => request.Data, call.CancellationToken);
        var header = await bundle.ReadHeaderAsync(call.CancellationToken);
        await FetchAsync(repository, bundle, transaction, call.CancellationToken);
        if (first.UpdateHead && header.GuessHead() is { } branch)
        {
            await heads.WriteAsync(repository, branch, transaction, call.CancellationToken);
        }

        return new FetchBundleResponse();
    }

    /// <summary>The repository as a bundle of all its references.</summary>
    public async Task CreateAsync(CreateBundleRequest request, ServerCallContext call, IServerStreamWriter<CreateBundleResponse> responses)
    {
        var repository = storages.Find(request.Repository);
        await using var process = await repository.Git.StartAsync(repository.Command("bundle", "create", "--quiet", "-", "--all"), call.CancellationToken);
        await process.CloseInputAsync();
        await Chunks.SendAsync(process.Output, data => responses.WriteAsync(new CreateBundleResponse { Data = data }, call.CancellationToken), call.CancellationToken);
        var exit = await process.WaitAsync(call.CancellationToken);
        if (exit.StandardError.Contains("empty bundle", StringComparison.Ordinal))
        {
            throw new GrpcException(GrpcStatusCode.FailedPrecondition, "cannot create bundle: refusing to create empty bundle");
        }

        if (exit.Code != 0)
        {
            throw new GitFailedException("bundle", exit.Code, exit.StandardError);
        }
    }

    private async Task FetchAsync(RepositoryFolder repository, BundleFile bundle, CallTransaction? transaction, CancellationToken cancellationToken)
    {
        // One transaction for all references, so that there is one pair of votes however many there are.
        var command = repository.Command("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--atomic", bundle.FilePath, "+refs/*:refs/*");
        try
        {
            await transactions.CaptureAsync(repository, transaction, command, ReadOnlyMemory<byte>.Empty, cancellationToken);
        }
        catch (GitFailedException exception)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"bundle cannot be fetched: {exception.StandardError.Trim()}", exception);
        }
    }
}
