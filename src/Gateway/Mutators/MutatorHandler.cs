using Praefect.Gateway.Coordination;
using Praefect.Gateway.Creations;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Turns;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Mutators;

/// <summary>Writes on repositories that exist.</summary>
internal sealed class MutatorHandler(NearRepositories near, TransactionDirectory directory, WriteOpening opening, WriteRunner runner, TimeProvider time)
{
    public async Task HandleAsync(ProxyCall call)
    {
        var other = await near.FindAsync(call, RoutePrefix.Mutator);
        var request = new MutatorRequest(directory.NextId(), call.Method.Path, call.Method.Votes, call.Nodes.Avoided(time.GetTimestamp()), other.Needed)
        {
            Turns = TurnTable.Of(call.Method).Keys(call.Frame.Message.Span),
        };
        MutatorRoute route;
        try
        {
            route = await opening.OpenAsync(call.Key, request, call.Token);
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
