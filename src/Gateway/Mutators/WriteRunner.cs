using Praefect.Gateway.Coordination;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Grains.Routing;

namespace Praefect.Gateway.Mutators;

/// <summary>Gives an opened write to its coordinator, and what that comes to, to the client. The primary's headers and messages go there as they come.</summary>
internal sealed class WriteRunner(WriteDestinations destinations, WriteCoordinator coordinator)
{
    public async Task RunAsync(ProxyCall call, MutatorRoute route, WriteExtras extras)
    {
        call.Route = CallRoute.Of(route, extras.AdditionalReplicaPath);
        var write = new WriteCall(call.Key, call.Method.Votes, call.Deadline, call.Http.RequestAborted);
        var reply = await coordinator.RunAsync(write, route, new ProxiedWrite(call, extras, destinations));
        if (reply.Status is { } status)
            await call.Response.EndAsync(status, reply.Primary.Break == CallBreak.InsideMessage);
        else
            await call.Response.EndAsync(reply.Primary);
    }
}
