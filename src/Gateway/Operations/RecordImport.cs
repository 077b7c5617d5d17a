using System.Collections.Immutable;
using System.Globalization;
using Grpc.Core;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos.Operations;
using Outcome = Praefect.Wire.Protos.Operations.ImportRepositoriesResponse.Types.Outcome;
using Result = Praefect.Wire.Protos.Operations.ImportRepositoriesResponse.Types.Result;

namespace Praefect.Gateway.Operations;

/// <summary>Takes over records of a Praefect database. Repeating an import changes nothing; a record that is in the way is left alone and reported.</summary>
internal sealed class RecordImport(IGatewayGrains runtime, GrainCalls grains, NodeTable nodes, CatalogueAccess catalogue, RouteMemory routes, GatewayOptions options)
{
    /// <summary>Records in one request at most.</summary>
    public const int BatchMax = 1000;

    // Each is a call to a grain and a write to the store, which commits many at once.
    private const int MaxAtOnce = 64;

    /// <summary>Keeps ids from being handed out that imported repositories have. Before the first of them is imported.</summary>
    public async Task<RaiseRepositoryIdResponse> RaiseAsync(RaiseRepositoryIdRequest request, ServerCallContext call)
    {
        if (request.HighestTaken < 1)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, "the highest id that is taken must be 1 or more");
        await runtime.RepositoryId().RaiseAsync(request.HighestTaken, call.CancellationToken);
        return new RaiseRepositoryIdResponse();
    }

    /// <summary>Imports a batch, or says what would come of it.</summary>
    /// <exception cref="GrpcException">InvalidArgument: too many at once. Unavailable: the grains or the store failed; repeat the batch.</exception>
    public async Task<ImportRepositoriesResponse> ImportAsync(ImportRepositoriesRequest request, ServerCallContext call)
    {
        if (request.Repositories.Count > BatchMax)
            throw new GrpcException(GrpcStatusCode.InvalidArgument, string.Create(CultureInfo.InvariantCulture, $"more than {BatchMax} repositories in one request"));
        var records = catalogue.Get(OperationMethods.ImportRepositories);
        var results = new Result[request.Repositories.Count];
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, results.Length),
                new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, CancellationToken = call.CancellationToken },
                async (i, token) => results[i] = await ImportAsync(request.Repositories[i], records, request.DryRun, token));
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }

        var response = new ImportRepositoriesResponse();
        response.Results.AddRange(results);
        return response;
    }

    private async Task<Result> ImportAsync(RepositoryRecord record, IRepositoryCatalogue records, bool dryRun, CancellationToken cancellationToken)
    {
        var key = new RepositoryKey(record.VirtualStorage, record.RelativePath);
        if (!nodes.TryGet(key.VirtualStorage, out var virtualStorage))
            return new Result { Outcome = Outcome.Refused, Reason = $"virtual storage \"{key.VirtualStorage}\" is not configured" };
        if (record.Replicas.Count > 0 && record.Replicas.All(replica => !virtualStorage.TryGet(replica.Storage, out _)))
            return new Result { Outcome = Outcome.Refused, Reason = "none of its replicas is on a configured storage" };
        if (await records.FindAsync(record.RepositoryId, cancellationToken) is { } holder && holder != key)
            return new Result { Outcome = Outcome.Conflict, Reason = string.Create(CultureInfo.InvariantCulture, $"its id {record.RepositoryId} is that of {holder}") };
        try
        {
            var taken = await grains.CallAsync(
                key, Imported(record) with { DryRun = dryRun }, static (grain, repository, token) => grain.ImportAsync(repository, token), options.FinishAttemptTimeout,
                cancellationToken);
            routes.Forget(key);
            return new Result { Outcome = taken ? Outcome.Imported : Outcome.Present };
        }
        catch (RouteException e) when (e.Failure is RouteFailure.StoreUnavailable or RouteFailure.Settling or RouteFailure.Stopping)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }
        catch (RouteException e)
        {
            return new Result { Outcome = e.Failure == RouteFailure.RepositoryAlreadyExists ? Outcome.Conflict : Outcome.Refused, Reason = e.Message };
        }
    }

    private static ImportedRepository Imported(RepositoryRecord record) => new(
        record.RepositoryId,
        record.ReplicaPath,
        record.Primary.Length > 0 ? record.Primary : null,
        record.Generation,
        [.. record.Replicas.Select(static replica => new ImportedReplica(replica.Storage, replica.Generation, replica.VerifiedAt?.ToDateTimeOffset()))],
        record.Assignments.Count > 0 ? [.. record.Assignments] : (ImmutableArray<string>?)null);
}
