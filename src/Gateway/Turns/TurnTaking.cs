using System.Collections.Immutable;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Turns;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Turns;

/// <summary>Takes the turn of a write that is open, once it is known what it touches.</summary>
internal sealed class TurnTaking(GrainCalls grains, GatewayOptions options, TimeProvider time)
{
    /// <summary>Waits for the turn.</summary>
    /// <param name="key">The repository.</param>
    /// <param name="transactionId">The write.</param>
    /// <param name="keys">What it touches; nothing needs no turn.</param>
    /// <param name="cancellationToken">The call has ended.</param>
    /// <returns>Null: the write may go on. Else what ends it.</returns>
    public async Task<GrpcStatus?> TakeAsync(RepositoryKey key, ulong transactionId, ImmutableArray<string> keys, CancellationToken cancellationToken)
    {
        if (keys.IsEmpty)
            return null;
        try
        {
            while (true)
            {
                var asked = time.GetTimestamp();
                var answer = await grains.CallAsync(
                    key, (Id: transactionId, Keys: keys), static (grain, s, token) => grain.TakeTurnAsync(s.Id, s.Keys, token), options.BeginTimeout, cancellationToken);
                if (answer == TurnAnswer.Granted)
                    return null;
                if (answer == TurnAnswer.Lost)
                    return new GrpcStatus(GrpcStatusCode.Unavailable, "the write was lost before its turn came, try again");
                await TurnPauses.AfterAsync(asked, time, cancellationToken);
            }
        }
        catch (RouteException e)
        {
            return RouteErrors.Status(e.Failure, RoutePrefix.Mutator);
        }
        catch (GrainUnreachableException e)
        {
            return new GrpcStatus(GrpcStatusCode.Unavailable, e.Message);
        }
    }
}
