using Praefect.Gateway.Creations;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Mutators;

/// <summary>Writes on repositories that exist.</summary>
internal sealed class MutatorHandler(
    GrainCalls grains, NearRepositories near, TransactionDirectory directory, WriteRunner runner, GatewayOptions options, TimeProvider time)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var other = await near.FindAsync(call, RoutePrefix.Mutator);
        MutatorRoute route;
        try
        {
            route = await grains.CallAsync(
                call.Key,
                new MutatorRequest(directory.NextId(), call.Method.Path, call.Method.Votes, call.Nodes.Avoided(time.GetTimestamp()), other.Needed),
                static (grain, request, token) => grain.BeginMutatorAsync(request, token),
                options.BeginTimeout,
                options.BeginBudget,
                call.Token);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.Mutator);
        }
        catch (GrainUnreachableException e)
        {
            throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
        }

        await runner.RunAsync(call, route, other.Extras);
    }
}
