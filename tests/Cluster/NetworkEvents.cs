using Praefect.Cluster.Faults;

namespace Praefect.Cluster;

/// <summary>Events of the network and of clocks, for a table of their own: they need every connection to go through a proxy.</summary>
internal static class NetworkEvents
{
    /// <summary>Those of a cluster whose members are all gateway silos.</summary>
    public static readonly IReadOnlyList<string> Uniform =
        ["cut-silo-from-all", "cut-silo-from-silos", "cut-silo-from-postgres", "cut-node-from-all", "slow-silo-from-all", "clock-ahead-silo", "clock-behind-silo"];

    /// <summary>Those of a cluster with silos and gateways apart.</summary>
    public static readonly IReadOnlyList<string> Split = [.. Uniform, "cut-gateway-from-silos", "cut-gateway-from-postgres"];

    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);

    /// <summary>Lets one of the events of this cluster happen to one member, and starts silos again that end by it.</summary>
    public static async Task RunAsync(string name, ClusterProcesses cluster, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        if (PartitionFaults.Of(cluster).Concat(ClockFaults.Of(cluster)).FirstOrDefault(fault => fault.Kind == name) is not { } fault)
        {
            say($"{name} is left out: {(cluster.Clocks is null ? SkewedClocks.Missing : "connections of processes can only be told apart on Linux")}");
            return;
        }

        say($"    {fault.Name}");
        await fault.Begin(cancellationToken);
        await SuperviseAsync(cluster, Lasts, time, say, cancellationToken);
        await fault.End(cancellationToken);
        await SuperviseAsync(cluster, After, time, say, cancellationToken);
        foreach (var silo in cluster.Silos)
            await ClusterProcesses.StartAsync(silo, cancellationToken);
    }

    private static async Task SuperviseAsync(ClusterProcesses cluster, TimeSpan length, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < length)
        {
            foreach (var silo in cluster.Silos.Where(static silo => !silo.Process.Running))
            {
                say($"    {silo.Name} ended by itself with exit code {silo.Process.ExitCode} and is started again");
                silo.Process.Start();
            }

            await Task.Delay(Poll, time, cancellationToken);
        }
    }
}
