using System.Collections.Immutable;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Proxying;
using Praefect.Grains.Routing;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>Carries a write to simulated nodes, and their votes back. A push's nodes wait for what the client sends, which is held back until its turn.</summary>
internal sealed class SimWrite(SimGateway gateway, Network network, Change change, ulong id, string replicaPath) : IWriteCarrier
{
    private readonly TaskCompletionSource<bool> _rest = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SimGateway Gateway => gateway;

    public ImmutableArray<IWriteParticipant> Prepare(MutatorRoute route) =>
        [.. route.Secondaries.Insert(0, route.Primary).Select(s => new Participant(this, s, s == route.Primary))];

    public async Task SendRestAsync(Func<ImmutableArray<string>, CancellationToken, Task> admit, CancellationToken cancellationToken)
    {
        if (!change.Pushed)
            return;
        try
        {
            await admit([change.Reference], cancellationToken);
            _rest.TrySetResult(true);
        }
        catch (Exception)
        {
            _rest.TrySetResult(false);
        }
    }

    private Task<NodeAnswer> WriteAsync(SimNode node, Host process, bool primary, CancellationToken cancellationToken) => node.WriteAsync(
        replicaPath,
        change,
        primary,
        token => network.CallAsync(process, gateway.Host, _ => _rest.Task, token),
        (voter, vote, phase, voting) => network.CallAsync(process, gateway.Host, token => gateway.Votes.CastAsync(id, voter, vote, phase, token), voting),
        () => network.CallAsync(process, gateway.Host, StopAsync, cancellationToken),
        cancellationToken);

    private async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        await gateway.Votes.StopAsync(id, cancellationToken);
        return true;
    }

    private sealed class Participant(SimWrite write, string storage, bool primary) : IWriteParticipant
    {
        public string Storage { get; } = storage;

        public GatewayNode? Node => write.Gateway.NodeOf(Storage);

        public Task<CallEnd> RunAsync(CancellationToken cancellationToken) =>
            write.Gateway.CallAsync(Node!, (node, process, token) => write.WriteAsync(node, process, primary, token), cancellationToken);

        public void Dispose()
        {
        }
    }
}
