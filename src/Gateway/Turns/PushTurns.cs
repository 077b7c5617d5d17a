using System.Collections.Immutable;
using System.IO.Pipelines;
using Praefect.Gateway.Errors;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Grains.Turns;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Turns;

/// <summary>
/// Turns of pushes: what a push will touch stands at the head of its stream, so that is looked at before anything of it goes to a node, and stays in the client's
/// pipe until all its references have their turn. The nodes have long sent their references by then, and git sends the list without waiting for anything, so
/// nobody misses what is held back.
/// </summary>
internal sealed class PushTurns(GrainCalls grains, GatewayOptions options, TimeProvider time)
{
    /// <summary>Bytes of a request's body that are looked at; a list within <see cref="PushCommands.MaxBytes"/> in ever so small messages ends before.</summary>
    private const int MaxLookedAt = 256 * 1024;

    /// <summary>Waits for the turn.</summary>
    /// <param name="call">The push.</param>
    /// <param name="transactionId">Its write.</param>
    /// <param name="cancellationToken">The call has ended.</param>
    /// <returns>Null: the push may go on. Else what ends it.</returns>
    public async Task<GrpcStatus?> TakeAsync(ProxyCall call, ulong transactionId, CancellationToken cancellationToken)
    {
        var keys = await ReadKeysAsync(call.Http.Request.BodyReader, cancellationToken);
        if (keys.IsEmpty)
            return null;
        try
        {
            while (true)
            {
                var asked = time.GetTimestamp();
                var answer = await grains.CallAsync(
                    call.Key, (Id: transactionId, Keys: keys), static (grain, s, token) => grain.TakeTurnAsync(s.Id, s.Keys, token), options.BeginTimeout, cancellationToken);
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

    /// <summary>Reads the command list without taking anything out of the pipe: the next read starts where the first one did.</summary>
    internal static async Task<ImmutableArray<string>> ReadKeysAsync(PipeReader client, CancellationToken cancellationToken)
    {
        var commands = new PushCommands();
        var messages = new PushMessages(commands);
        for (var seen = 0L; ;)
        {
            var result = await client.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            foreach (var segment in buffer.Slice(seen))
                messages.Pass(segment.Span);
            if (messages.Over || result.IsCompleted || buffer.Length > MaxLookedAt)
            {
                // What came last counts as not examined, or the next read would wait for more.
                client.AdvanceTo(buffer.Start, buffer.GetPosition(seen));
                return commands.Keys;
            }

            seen = buffer.Length;
            client.AdvanceTo(buffer.Start, buffer.End);
        }
    }
}
