using System.Collections.Immutable;
using System.Globalization;
using Praefect.Trial.Smoke;

namespace Praefect.Cluster;

/// <summary>Starts the cluster, fills it, loads it, lets the events happen, and looks at what is left.</summary>
internal sealed class SuiteRun(ClusterProcesses cluster, SuiteSize size, string folder, TimeProvider time, Action<string> say)
{
    private const int Commits = 2;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(6);

    private readonly GitClient _git = new(time);

    /// <summary>What callers saw, event by event, and what is wrong with the replicas at the end.</summary>
    public async Task<SuiteResult> RunAsync(IReadOnlyList<string> events, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await cluster.StartAsync(size.Silos, size.Gateways, cancellationToken);
        var members = cluster.Split ? $"{size.Silos} silos, {size.Gateways} gateways" : $"{size.Silos} gateway silos";
        say($"cluster of {members} and {cluster.Nodes.Length} storage nodes started in {time.GetElapsedTime(started).TotalSeconds:0.0} s");
        var commits = await new Filling([.. cluster.Gateways.Select(static gateway => gateway.GitPort)], folder, time, say).FillAsync(size.Repositories, Commits, cancellationToken);
        var gateways = new GatewaySet(time);
        foreach (var gateway in cluster.Gateways)
            gateways.Add(gateway);
        var load = new Load([.. Enumerable.Range(0, size.Repositories).Select(Filling.PathOf)], commits, gateways, size, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = Task.WhenAll(load.RunAsync(stop.Token), gateways.CheckAsync(stop.Token));
        await Task.Delay(Warmup, time, cancellationToken);

        var rows = new List<EventRow>();
        foreach (var name in events)
        {
            var from = time.GetTimestamp();
            await (NetworkEvents.Split.Contains(name, StringComparer.Ordinal)
                ? NetworkEvents.RunAsync(name, cluster, time, say, cancellationToken)
                : Events.RunAsync(name, cluster, gateways, size.Outage, time, cancellationToken));
            await Task.Delay(Settle, time, cancellationToken);
            var to = time.GetTimestamp();
            rows.Add(EventTable.Row(name, from, to, load.Calls, size.Repositories, time));
            say(EventTable.Text(rows[^1..]).Split('\n')[^1]);
            say(string.Create(CultureInfo.InvariantCulture, $"    reads that succeeded: {EventTable.Succeeded(from, to, load.Calls, write: false):0.00} %"));
            EventTable.Reasons(from, to, load.Calls).ToList().ForEach(say);
        }

        await stop.CancelAsync();
        await running;
        var problems = await new ReplicaCheck([.. cluster.Nodes.Select(static node => (node.Name, node.Disk))], _git, time).RunAsync(size.Repositories, load.Acknowledged, cancellationToken);
        say("\n" + EventTable.Text(rows) + "\n");
        problems.ToList().ForEach(say);
        say($"acknowledged writes: {load.Acknowledged.Count}; {(problems.Count == 0 ? "0 lost, all replicas identical" : "NOT all on all replicas")}");
        return new SuiteResult(rows, problems, load.Acknowledged.Count);
    }
}

/// <summary>How a run went.</summary>
/// <param name="Rows">What callers saw.</param>
/// <param name="Problems">What is wrong with the replicas; none when nothing acknowledged was lost and all are the same.</param>
/// <param name="Acknowledged">Writes that were answered with OK.</param>
internal sealed record SuiteResult(IReadOnlyList<EventRow> Rows, IReadOnlyList<string> Problems, int Acknowledged);
