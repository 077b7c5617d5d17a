using Grpc.Core;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Gateway.Operations;

/// <summary>What our own commands ask for. Every method is safe to repeat.</summary>
internal sealed class OperationsService(GrainCalls grains, CatalogueAccess catalogue, RouteMemory routes, RecordImport import, GatewayOptions options)
    : Wire.Protos.Operations.Operations.OperationsBase
{
    private const int ReplicasAtOnce = 500;

    // A storage may take its time to say whether it has the repository.
    private static readonly TimeSpan TrackTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Makes a record of what is on a disk.</summary>
    public override async Task<TrackRepositoryResponse> TrackRepository(TrackRepositoryRequest request, ServerCallContext context)
    {
        var key = new RepositoryKey(request.VirtualStorage, request.RelativePath);
        try
        {
            var tracked = await grains.CallAsync(
                key, new TrackRequest(request.AuthoritativeStorage, request.ReplicaPath), static (grain, wanted, token) => grain.TrackAsync(wanted, token), TrackTimeout,
                context.CancellationToken);
            routes.Forget(key);
            var response = new TrackRepositoryResponse { RepositoryId = tracked.RepositoryId };
            response.Secondaries.AddRange(tracked.Secondaries);
            return response;
        }
        catch (RouteException e) when (e.Failure == RouteFailure.RepositoryAlreadyExists)
        {
            return await TrackedAsync(key, context.CancellationToken);
        }
        catch (Exception e) when (e is RouteException or GrainUnreachableException)
        {
            throw Translate(e);
        }
    }

    private async Task<TrackRepositoryResponse> TrackedAsync(RepositoryKey key, CancellationToken cancellationToken)
    {
        var metadata = await CallAsync(key, static (grain, token) => grain.GetMetadataAsync(token), cancellationToken)
            ?? throw new GrpcException(GrpcStatusCode.Unavailable, "the repository was removed meanwhile, try again");
        var response = new TrackRepositoryResponse { RepositoryId = metadata.RepositoryId, AlreadyTracked = true };
        response.Secondaries.AddRange(metadata.Replicas.Where(replica => replica.Assigned && replica.Storage != metadata.Primary).Select(static replica => replica.Storage));
        return response;
    }

    /// <summary>Has missing copies made.</summary>
    public override async Task<RepairRepositoryResponse> RepairRepository(RepairRepositoryRequest request, ServerCallContext context) => new()
    {
        UpToDate = await CallAsync(
            new RepositoryKey(request.VirtualStorage, request.RelativePath), static (grain, token) => grain.RepairAsync(token), context.CancellationToken),
    };

    /// <summary>Deletes a record only.</summary>
    public override async Task<ForgetRepositoryResponse> ForgetRepository(ForgetRepositoryRequest request, ServerCallContext context)
    {
        var key = new RepositoryKey(request.VirtualStorage, request.RelativePath);
        var removed = await CallAsync(key, static (grain, token) => grain.RemoveAsync(token), context.CancellationToken);
        routes.Forget(key);
        return new ForgetRepositoryResponse { Known = removed is not null };
    }

    /// <summary>Says why a repository is served as it is.</summary>
    public override async Task<ExplainRepositoryResponse> ExplainRepository(ExplainRepositoryRequest request, ServerCallContext context) => Explanations.Message(await CallAsync(
        new RepositoryKey(request.VirtualStorage, request.RelativePath), static (grain, token) => grain.ExplainAsync(token), context.CancellationToken));

    /// <summary>Tells which paths on a disk have no record.</summary>
    public override async Task<FindUntrackedResponse> FindUntracked(FindUntrackedRequest request, ServerCallContext context)
    {
        var known = await catalogue.Get(OperationMethods.FindUntracked)
            .KnownReplicaPathsAsync(request.VirtualStorage, request.Storage, request.ReplicaPaths, context.CancellationToken);
        var response = new FindUntrackedResponse();
        response.ReplicaPaths.AddRange(request.ReplicaPaths.Where(path => !known.Contains(path)));
        return response;
    }

    /// <summary>Lists the replicas of a storage.</summary>
    public override async Task ListReplicas(ListReplicasRequest request, IServerStreamWriter<ListReplicasResponse> responseStream, ServerCallContext context)
    {
        var chunk = new ListReplicasResponse();
        var all = catalogue.Get(OperationMethods.ListReplicas).ReplicasOfAsync(request.VirtualStorage, request.Storage, context.CancellationToken);
        await foreach (var replica in all)
        {
            chunk.Replicas.Add(new ListReplicasResponse.Types.Replica { RelativePath = replica.RelativePath, ReplicaPath = replica.ReplicaPath, UpToDate = replica.UpToDate });
            if (chunk.Replicas.Count < ReplicasAtOnce)
                continue;
            await responseStream.WriteAsync(chunk, context.CancellationToken);
            chunk = new ListReplicasResponse();
        }

        if (chunk.Replicas.Count > 0)
            await responseStream.WriteAsync(chunk, context.CancellationToken);
    }

    /// <summary>Keeps ids from being handed out: see <see cref="RecordImport"/>.</summary>
    public override Task<RaiseRepositoryIdResponse> RaiseRepositoryId(RaiseRepositoryIdRequest request, ServerCallContext context) =>
        import.RaiseAsync(request, context);

    /// <summary>Takes over records of a Praefect database: see <see cref="RecordImport"/>.</summary>
    public override Task<ImportRepositoriesResponse> ImportRepositories(ImportRepositoriesRequest request, ServerCallContext context) =>
        import.ImportAsync(request, context);

    private async Task<T> CallAsync<T>(RepositoryKey key, Func<IRepositoryGrain, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.CallAsync(key, call, static (grain, run, token) => run(grain, token), options.FinishAttemptTimeout, cancellationToken);
        }
        catch (Exception e) when (e is RouteException or GrainUnreachableException)
        {
            throw Translate(e);
        }
    }

    // The grains' messages are written for operators.
    private static GrpcException Translate(Exception e) => e is RouteException route
        ? new GrpcException(RouteErrors.Status(route.Failure, string.Empty).Code, e.Message, e)
        : new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
}
