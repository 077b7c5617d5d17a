using Praefect.Gateway.Background;
using Praefect.Gateway.Creations;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Turns;
using Praefect.Grains.Routing;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Mutators;

/// <summary>Writes on repositories that exist.</summary>
internal sealed class MutatorHandler(
    GrainCalls grains, NearRepositories near, TransactionDirectory directory, WriteRunner runner, BackgroundWork background, GatewayOptions options, TimeProvider time)
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
            route = await BeginAsync(call, request);
        }
        catch (RouteException e)
        {
            throw RouteErrors.Exception(e, RoutePrefix.Mutator);
        }
        catch (Exception e)
        {
            // The answer that was not waited for may have opened the write, and with it have taken its turn.
            _ = background.TryRun("abandon", token => grains.Repository(call.Key).AbandonAsync(request.TransactionId, token));
            if (e is GrainUnreachableException)
                throw new GrpcException(GrpcStatusCode.Unavailable, e.Message, e);
            throw;
        }

        await runner.RunAsync(call, route, other.Extras);
    }

    /// <summary>The same request in all attempts: each finds what the one before has begun, be it an open write or a place in the queue.</summary>
    private async Task<MutatorRoute> BeginAsync(ProxyCall call, MutatorRequest request)
    {
        while (true)
        {
            var asked = time.GetTimestamp();
            try
            {
                return await grains.CallAsync(
                    call.Key, request, static (grain, r, token) => grain.BeginMutatorAsync(r, token), options.BeginTimeout, options.BeginBudget, call.Token);
            }
            catch (RouteException e) when (e.Failure == RouteFailure.TurnPending)
            {
                await TurnPauses.AfterAsync(asked, time, call.Token);
            }
        }
    }
}
