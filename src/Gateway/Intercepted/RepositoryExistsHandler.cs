using Grpc.Core;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Pipeline;
using Praefect.Grains.Repositories;
using Praefect.Wire.Framing;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Intercepted;

/// <summary>RepositoryExists is answered from the record alone: a replica on a disk without a record does not exist.</summary>
internal sealed class RepositoryExistsHandler(GrainCalls grains, NodeTable nodes, GatewayOptions options)
{
    public async Task<RepositoryExistsResponse> HandleAsync(RepositoryExistsRequest request, ServerCallContext call)
    {
        CallLog.Note(call, request.Repository);
        TargetErrors.Check(RepositoryTarget.Fields(request.Repository));
        if (!nodes.TryGet(request.Repository.StorageName, out _))
            return new RepositoryExistsResponse { Exists = false };
        var key = new RepositoryKey(request.Repository.StorageName, request.Repository.RelativePath);
        try
        {
            var exists = await grains.CallAsync<object?, bool>(key, null, static (g, _, token) => g.ExistsAsync(token), options.RouteTimeout, call.CancellationToken);
            return new RepositoryExistsResponse { Exists = exists };
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, $"repository exists: {e.Message}", e);
        }
    }
}
