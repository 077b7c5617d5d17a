using Details = Praefect.Wire.Protos.RepositoryReplicasResponse.Types.RepositoryDetails;
using Grpc.Core;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Nodes;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Info;

/// <summary>RepositoryReplicas: the checksum of every assigned replica, as the nodes compute it now, under the nodes' own names.</summary>
internal sealed class ReplicaChecksums(GrainCalls grains, NodeTable nodes, GatewayOptions options)
{
    public async Task<RepositoryReplicasResponse> CompareAsync(RepositoryReplicasRequest request, ServerCallContext call)
    {
        TargetErrors.Check(RepositoryTarget.Fields(request.Repository));
        if (!nodes.TryGet(request.Repository.StorageName, out var virtualStorage))
            throw TargetErrors.Invalid("storage name not found");
        var key = new RepositoryKey(virtualStorage.Name, request.Repository.RelativePath);
        var (primary, replicaPath, assigned) = await LocateAsync(key, call.CancellationToken);
        if (!assigned.Contains(primary, StringComparer.Ordinal))
            throw new GrpcException(GrpcStatusCode.Internal, $"primary \"{primary}\" is not an assigned host");

        var response = new RepositoryReplicasResponse { Primary = await AskAsync(virtualStorage, primary, key, replicaPath, call) };
        var others = assigned.Where(s => !string.Equals(s, primary, StringComparison.Ordinal));
        response.Replicas.AddRange(await Task.WhenAll(others.Select(storage => AskAsync(virtualStorage, storage, key, replicaPath, call))));
        return response;
    }

    private async Task<(string Primary, string ReplicaPath, IReadOnlyList<string> Assigned)> LocateAsync(RepositoryKey key, CancellationToken cancellationToken)
    {
        try
        {
            // A forced read elects where that is needed.
            var route = await grains.CallAsync(
                key, new AccessorRequest(ForcePrimary: true, []), static (grain, r, token) => grain.RouteAccessorAsync(r, token), options.RouteTimeout, cancellationToken);
            var metadata = await grains.CallAsync(key, 0, static (grain, _, token) => grain.GetMetadataAsync(token), options.RouteTimeout, cancellationToken)
                ?? throw Unknown();
            return (route.Storages[0], route.ReplicaPath, [.. metadata.Replicas.Where(static r => r.Assigned).Select(static r => r.Storage)]);
        }
        catch (RouteException e) when (e.Failure == RouteFailure.RepositoryNotFound)
        {
            throw Unknown();
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, "get primary: ");
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }
    }

    // No NOT_FOUND: Praefect wraps what its database says without giving it a status.
    private static GrpcException Unknown() => new(GrpcStatusCode.Internal, "get repository id: repository not found");

    private static async Task<Details> AskAsync(VirtualStorageNodes nodes, string storage, RepositoryKey key, string replicaPath, ServerCallContext call)
    {
        if (!nodes.TryGet(storage, out var node))
            throw new GrpcException(GrpcStatusCode.Internal, $"no connection to node \"{nodes.Name}\"/\"{storage}\"");
        try
        {
            var answer = await node.Connection.Channel.UnaryAsync(
                Methods.Repository.CalculateChecksum,
                new CalculateChecksumRequest { Repository = new Repository { StorageName = storage, RelativePath = replicaPath } },
                CalculateChecksumResponse.Parser,
                PassedOn.From(call),
                call.CancellationToken);
            return new Details { Checksum = answer.Checksum, Repository = new Repository { StorageName = storage, RelativePath = key.RelativePath } };
        }
        catch (GrpcException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, e.Status.Message, e);
        }
    }
}
