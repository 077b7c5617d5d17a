namespace Praefect.Cluster;

/// <summary>What happens to the cluster, one after the other.</summary>
internal static class Events
{
    /// <summary>Those of a cluster whose members are all gateway silos.</summary>
    public static readonly IReadOnlyList<string> Uniform =
        ["nothing", "join", "leave", "restart", "kill", "hang", "wake", "kill-postgres", "stop-postgres", "stop-postgres-hang", "power-off"];

    /// <summary>Those of a cluster with silos and gateways apart.</summary>
    public static readonly IReadOnlyList<string> Split =
    [
        "nothing", "join", "leave", "restart-silos", "restart-gateways", "kill-silo", "hang-silo", "wake-silo", "kill-gateway", "hang-gateway", "kill-postgres", "stop-postgres",
        "stop-postgres-hang-silo", "power-off",
    ];

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Down = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Share = TimeSpan.FromSeconds(5);

    /// <summary>Lets one of the events of this cluster happen.</summary>
    /// <param name="name">Which.</param>
    /// <param name="cluster">What it happens to.</param>
    /// <param name="gateways">What clients know of.</param>
    /// <param name="outage">For how long <c>stop-postgres</c> stops it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    public static Task RunAsync(string name, ClusterProcesses cluster, GatewaySet gateways, TimeSpan outage, TimeProvider time, CancellationToken cancellationToken) => name switch
    {
        "nothing" => Task.Delay(Quiet, time, cancellationToken),
        "join" => JoinAsync(cluster, gateways, time, cancellationToken),
        "leave" => LeaveAsync(cluster, gateways),
        "restart" or "restart-silos" => RestartAsync(cluster.Silos, gateways, cancellationToken),
        "restart-gateways" => RestartAsync(cluster.Gateways, gateways, cancellationToken),
        "kill" or "kill-silo" => KillAsync(cluster.Silos[1], time, cancellationToken),
        "hang" or "hang-silo" => HangAsync(cluster.Silos[0], time, cancellationToken),
        "wake" or "wake-silo" => WakeAsync(cluster.Silos[1], time, cancellationToken),
        "kill-gateway" => KillAsync(cluster.Gateways[0], time, cancellationToken),
        "hang-gateway" => HangAsync(cluster.Gateways[0], time, cancellationToken),
        "kill-postgres" => KillPostgresAsync(cluster, time, cancellationToken),
        "stop-postgres" => StopPostgresAsync(cluster, outage, null, time, cancellationToken),
        "stop-postgres-hang" or "stop-postgres-hang-silo" => StopPostgresAsync(cluster, outage, cluster.Silos[1], time, cancellationToken),
        "power-off" => PowerOffAsync(cluster, cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static async Task JoinAsync(ClusterProcesses cluster, GatewaySet gateways, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var role in cluster.Roles)
        {
            if (await cluster.AddAsync(role, cancellationToken) is { TakesCalls: true } member)
                gateways.Add(member);
        }

        await Task.Delay(Share, time, cancellationToken);
    }

    private static async Task LeaveAsync(ClusterProcesses cluster, GatewaySet gateways)
    {
        Member[] leaving = [cluster.Gateways[^1], cluster.Silos[^1]];
        foreach (var member in leaving.Distinct())
        {
            gateways.Remove(member);
            await ClusterProcesses.StopAsync(member);
            cluster.Members.Remove(member);
        }
    }

    private static async Task RestartAsync(IEnumerable<Member> members, GatewaySet gateways, CancellationToken cancellationToken)
    {
        foreach (var member in members)
        {
            gateways.Remove(member);
            await ClusterProcesses.StopAsync(member);
            await ClusterProcesses.StartAsync(member, cancellationToken);
            if (member.TakesCalls)
                gateways.Add(member);
        }
    }

    private static async Task KillAsync(Member member, TimeProvider time, CancellationToken cancellationToken)
    {
        await member.Process.KillAsync();
        await Task.Delay(Share, time, cancellationToken);
        await ClusterProcesses.StartAsync(member, cancellationToken);
    }

    // A silo that was declared dead ends itself when it wakes up; it is killed here, so that the next start does not depend on how soon.
    private static async Task HangAsync(Member member, TimeProvider time, CancellationToken cancellationToken)
    {
        member.Process.Freeze();
        await Task.Delay(Hang, time, cancellationToken);
        await member.Process.KillAsync();
        await ClusterProcesses.StartAsync(member, cancellationToken);
    }

    // What woke up belongs to nothing any more: it has to find that out and end, so that whatever supervises it starts it anew.
    private static async Task WakeAsync(Member silo, TimeProvider time, CancellationToken cancellationToken)
    {
        silo.Process.Freeze();
        await Task.Delay(Hang, time, cancellationToken);
        silo.Process.Thaw();
        await silo.Process.WaitForExitAsync(cancellationToken).WaitAsync(EndMax, time, cancellationToken);
        await ClusterProcesses.StartAsync(silo, cancellationToken);
    }

    // The rows of silos that are gone are still in the membership when the next ones start.
    private static async Task PowerOffAsync(ClusterProcesses cluster, CancellationToken cancellationToken)
    {
        await Task.WhenAll(cluster.Members.Select(member => member.Process.KillAsync()).Concat(cluster.Nodes.Select(node => node.Process.KillAsync())).Append(cluster.Postgres.KillAsync()));
        await cluster.Postgres.StartAsync(cancellationToken);
        foreach (var node in cluster.Nodes)
            node.Process.Start();
        await Task.WhenAll(cluster.Members.Select(member => ClusterProcesses.StartAsync(member, cancellationToken)));
    }

    private static async Task KillPostgresAsync(ClusterProcesses cluster, TimeProvider time, CancellationToken cancellationToken)
    {
        await cluster.Postgres.KillAsync();
        await Task.Delay(Down, time, cancellationToken);
        await cluster.Postgres.StartAsync(cancellationToken);
    }

    // Without their database the others cannot declare the silo that hangs dead; once it is back they may, and then that silo ends when it goes on.
    private static async Task StopPostgresAsync(ClusterProcesses cluster, TimeSpan outage, Member? silo, TimeProvider time, CancellationToken cancellationToken)
    {
        await cluster.Postgres.KillAsync();
        silo?.Process.Freeze();
        await Task.Delay(outage, time, cancellationToken);
        await cluster.Postgres.StartAsync(cancellationToken);
        if (silo is null)
            return;
        await silo.Process.KillAsync();
        await ClusterProcesses.StartAsync(silo, cancellationToken);
    }
}
