using System.Collections.Immutable;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Turns;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Mutators;

/// <summary>Carries a write over HTTP/2: the client's call, copied to a call to each node.</summary>
internal sealed class ProxiedWrite(ProxyCall call, WriteExtras extras, WriteDestinations destinations) : IWriteCarrier
{
    private ImmutableArray<WriteDestination> _all = [];

    public ImmutableArray<IWriteParticipant> Prepare(MutatorRoute route)
    {
        _all = destinations.Create(call, route, extras);
        call.Response.Storage = route.Primary;
        return ImmutableArray<IWriteParticipant>.CastUp(_all);
    }

    public Task SendRestAsync(Func<ImmutableArray<string>, CancellationToken, Task> admit, CancellationToken cancellationToken)
    {
        if (!call.Method.ClientStreaming)
            return Task.CompletedTask;
        var client = call.Http.Request.BodyReader;
        return ClientFanOut.RunAsync(client, [.. _all.Select(d => (FanOutContent)d.Content)], TurnTable.Of(call.Method).IsPush ? AdmitAsync : null, cancellationToken);

        async Task AdmitAsync(CancellationToken token) => await admit(await PushTurns.ReadKeysAsync(client, token), token);
    }
}
