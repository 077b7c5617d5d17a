using System.Collections.Immutable;
using System.Globalization;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Cluster;

/// <summary>Starts the cluster, fills it, loads it, lets the events happen, and looks at what is left.</summary>
internal sealed class SuiteRun(ClusterProcesses cluster, SuiteSize size, string folder, TimeProvider time, Action<string> say)
{
    private const int PushAttempts = 5;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(6);

    private readonly GitClient _git = new(time);

    /// <summary>What callers saw, event by event, and what is wrong with the replicas at the end.</summary>
    public async Task<SuiteResult> RunAsync(IReadOnlyList<string> events, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        await cluster.StartAsync(size.Silos, size.Gateways, cancellationToken);
        say($"cluster of {size.Silos} silos, {size.Gateways} gateways and {cluster.Nodes.Length} storage nodes started in {time.GetElapsedTime(started).TotalSeconds:0.0} s");
        var commits = await FillAsync(cancellationToken);
        var gateways = new GatewaySet(time);
        cluster.Gateways.ForEach(gateways.Add);
        var load = new Load([.. Enumerable.Range(0, size.Repositories).Select(PathOf)], commits, gateways, size.Pace, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = load.RunAsync(stop.Token);
        await Task.Delay(Warmup, time, cancellationToken);

        var rows = new List<EventRow>();
        foreach (var name in events)
        {
            var from = time.GetTimestamp();
            await Events.RunAsync(name, cluster, gateways, time, cancellationToken);
            await Task.Delay(Settle, time, cancellationToken);
            var to = time.GetTimestamp();
            rows.Add(EventTable.Row(name, from, to, load.Calls, size.Repositories, time));
            say(EventTable.Text(rows[^1..]).Split('\n')[^1]);
            EventTable.Reasons(from, to, load.Calls).ToList().ForEach(say);
        }

        await stop.CancelAsync();
        await running;
        var problems = await new ReplicaCheck(cluster, _git, time).RunAsync(size.Repositories, load.Acknowledged, cancellationToken);
        say("\n" + EventTable.Text(rows) + "\n");
        problems.ToList().ForEach(say);
        say($"acknowledged writes: {load.Acknowledged.Count}; {(problems.Count == 0 ? "0 lost, all replicas identical" : "NOT all on all replicas")}");
        return new SuiteResult(rows, problems, load.Acknowledged.Count);
    }

    // The first calls of fresh processes on a busy machine may take longer than a connection has.
    private async Task PushAsync(string work, string url, int repository, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = await _git.TryAsync(work, cancellationToken, "push", "-q", url, "HEAD:refs/heads/main", $"HEAD:{ReplicaCheck.Marker(repository)}");
            if (result.Ok)
                return;
            say($"filling repository {repository}, attempt {attempt}: {result.Reason}");
            if (attempt == PushAttempts)
                throw new ProcessFailedException($"repository {repository} could not be filled: {result.Errors}");
        }
    }

    private static string PathOf(int repository) => string.Create(CultureInfo.InvariantCulture, $"load-{repository}.git");

    // Two commits, pushed to every repository by people's way in; the load's references point at them.
    private async Task<ImmutableArray<string>> FillAsync(CancellationToken cancellationToken)
    {
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        await _git.DoAsync(work, cancellationToken, "init", "-q");
        await _git.DoAsync(work, cancellationToken, "commit", "-q", "--allow-empty", "-m", "one");
        await _git.DoAsync(work, cancellationToken, "commit", "-q", "--allow-empty", "-m", "two");
        for (var repository = 0; repository < size.Repositories; repository++)
        {
            var url = $"http://127.0.0.1:{cluster.Gateways[repository % size.Gateways].GitPort}/{ClusterProcesses.VirtualStorage}/{PathOf(repository)}";
            await PushAsync(work, url, repository, cancellationToken);
        }

        return [await _git.DoAsync(work, cancellationToken, "rev-parse", "HEAD"), await _git.DoAsync(work, cancellationToken, "rev-parse", "HEAD~1")];
    }
}

/// <summary>How a run went.</summary>
/// <param name="Rows">What callers saw.</param>
/// <param name="Problems">What is wrong with the replicas; none when nothing acknowledged was lost and all are the same.</param>
/// <param name="Acknowledged">Writes that were answered with OK.</param>
internal sealed record SuiteResult(IReadOnlyList<EventRow> Rows, IReadOnlyList<string> Problems, int Acknowledged);
