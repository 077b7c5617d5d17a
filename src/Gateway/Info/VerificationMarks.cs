using Grpc.Core;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Selector = Praefect.Wire.Protos.MarkUnverifiedRequest.SelectorOneofCase;

namespace Praefect.Gateway.Info;

/// <summary>MarkUnverified: has replicas verified at the next opportunity. Each repository's own grain marks it, so a mark is never lost to a write beside it.</summary>
internal sealed class VerificationMarks(GrainCalls grains, NodeTable nodes, CatalogueAccess catalogue, GatewayOptions options)
{
    /// <summary>Repositories that are marked at once.</summary>
    private const int MaxParallel = 16;

    public async Task<MarkUnverifiedResponse> MarkAsync(MarkUnverifiedRequest request, ServerCallContext call)
    {
        var marked = request.SelectorCase switch
        {
            Selector.RepositoryId => await OneAsync(request.RepositoryId, call.CancellationToken),
            Selector.VirtualStorage => await AllAsync(request.VirtualStorage, storage: null, call.CancellationToken),
            Selector.Storage => await AllAsync(request.Storage.VirtualStorage, request.Storage.Storage_, call.CancellationToken),
            _ => throw new GrpcException(GrpcStatusCode.Internal, "unknown selector: <nil>"),
        };
        return new MarkUnverifiedResponse { ReplicasMarked = marked };
    }

    private async Task<long> OneAsync(long id, CancellationToken cancellationToken) =>
        await catalogue.Get(Methods.PraefectInfo.MarkUnverified).FindAsync(id, cancellationToken) is { } key ? await MarkAsync(key, null, cancellationToken) : 0;

    private async Task<long> AllAsync(string virtualStorage, string? storage, CancellationToken cancellationToken)
    {
        var known = catalogue.Get(Methods.PraefectInfo.MarkUnverified);
        if (!nodes.TryGet(virtualStorage, out _))
            return 0;
        var marked = 0L;
        await Parallel.ForEachAsync(
            Paths(known, virtualStorage, storage, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellationToken },
            async (path, token) => Interlocked.Add(ref marked, await MarkAsync(new RepositoryKey(virtualStorage, path), storage, token)));
        return marked;
    }

    private static async IAsyncEnumerable<string> Paths(
        IRepositoryCatalogue known, string virtualStorage, string? storage,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (storage is null)
        {
            await foreach (var path in known.ListPathsAsync(virtualStorage, cancellationToken))
                yield return path;
            yield break;
        }

        await foreach (var replica in known.ReplicasOfAsync(virtualStorage, storage, cancellationToken))
        {
            if (replica.VerifiedAt is not null)
                yield return replica.RelativePath;
        }
    }

    private async Task<int> MarkAsync(RepositoryKey key, string? storage, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.CallAsync(key, storage, static (grain, s, token) => grain.MarkUnverifiedAsync(s, token), options.BeginTimeout, cancellationToken);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"marking {key}: {e.Message}", e);
        }
    }
}
