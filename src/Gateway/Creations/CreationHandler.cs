using Praefect.Gateway.Coordination;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Creations;

/// <summary>Writes that create their target: placed freely or beside another repository; the upserting ones write to it where it exists.</summary>
internal sealed class CreationHandler(NearRepositories near, TransactionDirectory directory, WriteOpening opening, WriteRunner runner, TimeProvider time)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var beside = await near.FindAsync(call, RoutePrefix.Creation);
        var request = new CreationRequest(
            directory.NextId(), call.Method.Path, call.Method.Votes, call.Nodes.Avoided(time.GetTimestamp()), beside.Placement, call.Method.Upserts);
        MutatorRoute route;
        try
        {
            route = await opening.OpenAsync(call.Key, request, call.Token);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.Creation);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }

        await runner.RunAsync(call, route, beside.Extras);
    }
}
