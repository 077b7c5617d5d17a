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
{
    private const int ReplicasAtOnce = 500;

    // A storage may take its time to say whether it has the repository.
    private static readonly TimeSpan TrackTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Adds the methods to a table.</summary>
    public GrpcMethodTable Register(GrpcMethodTable table) => table
        .Unary<TrackRepositoryRequest, TrackRepositoryResponse>(OperationMethods.TrackRepository, TrackRepositoryRequest.Parser, TrackAsync)
        .Unary<RepairRepositoryRequest, RepairRepositoryResponse>(OperationMethods.RepairRepository, RepairRepositoryRequest.Parser, RepairAsync)
        .Unary<ForgetRepositoryRequest, ForgetRepositoryResponse>(OperationMethods.ForgetRepository, ForgetRepositoryRequest.Parser, ForgetAsync)
        .Unary<ExplainRepositoryRequest, ExplainRepositoryResponse>(OperationMethods.ExplainRepository, ExplainRepositoryRequest.Parser, ExplainAsync)
        .Unary<FindUntrackedRequest, FindUntrackedResponse>(OperationMethods.FindUntracked, FindUntrackedRequest.Parser, FindUntrackedAsync)
        .ServerStream<ListReplicasRequest, ListReplicasResponse>(OperationMethods.ListReplicas, ListReplicasRequest.Parser, ListReplicasAsync)
        .Unary<RaiseRepositoryIdRequest, RaiseRepositoryIdResponse>(OperationMethods.RaiseRepositoryId, RaiseRepositoryIdRequest.Parser, import.RaiseAsync)
        .Unary<ImportRepositoriesRequest, ImportRepositoriesResponse>(OperationMethods.ImportRepositories, ImportRepositoriesRequest.Parser, import.ImportAsync);

    private async Task<TrackRepositoryResponse> TrackAsync(TrackRepositoryRequest request, GrpcServerCall call)
    {
        var key = new RepositoryKey(request.VirtualStorage, request.RelativePath);
        try
        {
            var tracked = await grains.CallAsync(
                key, new TrackRequest(request.AuthoritativeStorage, request.ReplicaPath), static (grain, wanted, token) => grain.TrackAsync(wanted, token), TrackTimeout,
                call.CancellationToken);
            routes.Forget(key);
            var response = new TrackRepositoryResponse { RepositoryId = tracked.RepositoryId };
            response.Secondaries.AddRange(tracked.Secondaries);
            return response;
        }
        catch (RouteException e) when (e.Failure == RouteFailure.RepositoryAlreadyExists)
        {
            return await TrackedAsync(key, call.CancellationToken);
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

    private async Task<RepairRepositoryResponse> RepairAsync(RepairRepositoryRequest request, GrpcServerCall call) => new()
    {
        UpToDate = await CallAsync(
            new RepositoryKey(request.VirtualStorage, request.RelativePath), static (grain, token) => grain.RepairAsync(token), call.CancellationToken),
    };

    private async Task<ForgetRepositoryResponse> ForgetAsync(ForgetRepositoryRequest request, GrpcServerCall call)
    {
        var key = new RepositoryKey(request.VirtualStorage, request.RelativePath);
        var removed = await CallAsync(key, static (grain, token) => grain.RemoveAsync(token), call.CancellationToken);
        routes.Forget(key);
        return new ForgetRepositoryResponse { Known = removed is not null };
    }

    private async Task<ExplainRepositoryResponse> ExplainAsync(ExplainRepositoryRequest request, GrpcServerCall call) => Explanations.Message(await CallAsync(
        new RepositoryKey(request.VirtualStorage, request.RelativePath), static (grain, token) => grain.ExplainAsync(token), call.CancellationToken));

    private async Task<FindUntrackedResponse> FindUntrackedAsync(FindUntrackedRequest request, GrpcServerCall call)
    {
        var known = await catalogue.Get(OperationMethods.FindUntracked)
            .KnownReplicaPathsAsync(request.VirtualStorage, request.Storage, request.ReplicaPaths, call.CancellationToken);
        var response = new FindUntrackedResponse();
        response.ReplicaPaths.AddRange(request.ReplicaPaths.Where(path => !known.Contains(path)));
        return response;
    }

    private async Task ListReplicasAsync(ListReplicasRequest request, GrpcServerCall call, IGrpcResponseStream<ListReplicasResponse> responses)
    {
        var chunk = new ListReplicasResponse();
        var all = catalogue.Get(OperationMethods.ListReplicas).ReplicasOfAsync(request.VirtualStorage, request.Storage, call.CancellationToken);
        await foreach (var replica in all)
        {
            chunk.Replicas.Add(new ListReplicasResponse.Types.Replica { RelativePath = replica.RelativePath, ReplicaPath = replica.ReplicaPath, UpToDate = replica.UpToDate });
            if (chunk.Replicas.Count < ReplicasAtOnce)
                continue;
            await responses.WriteAsync(chunk, call.CancellationToken);
            chunk = new ListReplicasResponse();
        }

        if (chunk.Replicas.Count > 0)
            await responses.WriteAsync(chunk, call.CancellationToken);
    }

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
