using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Creations;

/// <summary>Writes that create their target: placed freely or beside another repository; the upserting ones write to it where it exists.</summary>
internal sealed class CreationHandler(
    GrainCalls grains, NearRepositories near, TransactionDirectory directory, WriteRunner runner, GatewayOptions options, TimeProvider time)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var beside = await near.FindAsync(call, RoutePrefix.Creation);
        MutatorRoute route;
        try
        {
            route = await grains.CallAsync(
                call.Key,
                new CreationRequest(
                    directory.NextId(), call.Method.Path, call.Method.Votes, call.Nodes.Avoided(time.GetTimestamp()), beside.Placement, call.Method.Upserts),
                static (grain, request, token) => grain.BeginCreationAsync(request, token),
                options.BeginTimeout,
                options.BeginBudget,
                call.Token);
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
