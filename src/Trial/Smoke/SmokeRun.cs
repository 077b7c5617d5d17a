using Praefect.Trial.Clusters;

namespace Praefect.Trial.Smoke;

/// <summary>
/// The proof on real input: pushes real repositories, kills nodes while people push and clone, and checks that nothing acknowledged is missing anywhere.
/// </summary>
internal sealed class SmokeRun(ClusterFolder folder, ClusterPorts ports, string source, SmokeReport report, TimeProvider time)
{
    private static readonly TimeSpan IdenticalMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan CaughtUpMax = TimeSpan.FromSeconds(180);

    private const int PushesBeforeKill = 3;
    private const int PushesWhileDown = 6;

    private readonly GitClient _git = new(time);
    private readonly List<string> _acknowledged = [];
    private readonly Dictionary<string, string> _paths = new(StringComparer.Ordinal);
    private readonly string _run = time.GetUtcNow().ToString("yyyyMMdd-HHmmss", System.Globalization.CultureInfo.InvariantCulture);
    private string _work = string.Empty;

    /// <exception cref="TrialException">Something is not as it must be; the message says what.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _work = Path.Combine(folder.Path, "smoke");
        if (Directory.Exists(_work))
            Directory.Delete(_work, recursive: true);
        Directory.CreateDirectory(_work);
        await using (var cluster = new LocalCluster(folder, ports, time))
        {
            await StartAsync(cluster, cancellationToken);
            await PushRepositoriesAsync(cluster, cancellationToken);
            await KillRoundAsync(cluster, primary: true, cancellationToken);
            await KillRoundAsync(cluster, primary: false, cancellationToken);
            await CheckEverythingAsync(cluster, cancellationToken);
            await StopAsync(cluster);
        }

        await using (var again = new LocalCluster(folder, ports, time))
        {
            report.Say("starting everything again on the same folder");
            await StartAsync(again, cancellationToken);
            await CheckEverythingAsync(again, cancellationToken);
            await PushLoop("after-restart").PushOneAsync(cancellationToken);
            report.Say("a push after the restart was acknowledged");
            await CheckEverythingAsync(again, cancellationToken);
            await StopAsync(again);
        }
    }

    private string Url(string name) => $"http://127.0.0.1:{ports.Git}/{LocalCluster.VirtualStorage}/{name}.git";

    // Names of this run: the folder may hold repositories of earlier ones.
    private string Name(string name) => $"smoke-{_run}/{name}";

    private PushLoop PushLoop(string purpose) => new(_git, Path.Combine(_work, "loop"), purpose, _acknowledged, time);

    private async Task StartAsync(LocalCluster cluster, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        await cluster.StartAsync(cancellationToken);
        report.Say($"3 storage nodes and the gateway serve, {SmokeReport.Span(time.GetElapsedTime(start))} after their start");
    }

    private async Task StopAsync(LocalCluster cluster)
    {
        var start = time.GetTimestamp();
        if (!await cluster.StopAsync())
            throw new TrialException("a process did not stop cleanly when it was told to: see the end of its log");
        report.Say($"everything stopped in {SmokeReport.Span(time.GetElapsedTime(start))}");
    }

    private async Task PushRepositoriesAsync(LocalCluster cluster, CancellationToken cancellationToken)
    {
        if (await ProjectHistory.RefspecsAsync(_git, source, report, cancellationToken) is { } refspecs)
            await PushAsync(cluster, "project", source, refspecs, cancellationToken);
        else
            report.Say($"{source} is not a git checkout: this project's own history is left out");
        var large = Path.Combine(_work, "large");
        await LargeRepository.MakeAsync(_git, large, cancellationToken);
        report.Say($"made a repository of {LargeRepository.Commits} commits, {LargeRepository.Commits + 1} branches, {LargeRepository.Tags} tags "
            + $"and a blob of {LargeRepository.BlobBytes / 1024 / 1024} MiB");
        await PushAsync(cluster, "large", large, ["refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*"], cancellationToken);
        await PrepareLoopRepositoryAsync(cluster, cancellationToken);
    }

    private async Task PushAsync(LocalCluster cluster, string name, string repository, string[] refspecs, CancellationToken cancellationToken)
    {
        var replicas = new Replicas(cluster, _git, time);
        var before = replicas.Paths();
        var start = time.GetTimestamp();
        await _git.DoAsync(repository, cancellationToken, ["push", "--quiet", Url(Name(name)), .. refspecs]);
        report.Say($"pushed {name} in {SmokeReport.Span(time.GetElapsedTime(start))}");
        var made = replicas.Paths().Except(before, StringComparer.Ordinal).ToList();
        if (made.Count != 1)
            throw new TrialException($"pushing {name} made {made.Count} repositories on the disks instead of one");
        _paths[name] = made[0];
        await ReportIdenticalAsync(replicas, name, IdenticalMax, cancellationToken);
    }

    private async Task ReportIdenticalAsync(Replicas replicas, string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var checksum = await replicas.WaitUntilIdenticalAsync(_paths[name], limit, cancellationToken);
        report.Say($"{name}: 3 identical replicas, checksum {checksum[..12]}, same references on all disks (seen after {SmokeReport.Span(time.GetElapsedTime(start))})");
    }

    private async Task PrepareLoopRepositoryAsync(LocalCluster cluster, CancellationToken cancellationToken)
    {
        var loop = Path.Combine(_work, "loop");
        Directory.CreateDirectory(loop);
        await _git.DoAsync(loop, cancellationToken, "init", "--quiet", ".");
        await _git.DoAsync(loop, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", "First");
        await _git.DoAsync(loop, cancellationToken, "remote", "add", "origin", Url(Name("loop")));
        await PushAsync(cluster, "loop", loop, ["HEAD:refs/heads/main"], cancellationToken);
        _acknowledged.Add(await _git.DoAsync(loop, cancellationToken, "rev-parse", "HEAD"));
    }

    private async Task KillRoundAsync(LocalCluster cluster, bool primary, CancellationToken cancellationToken)
    {
        var primaryName = await cluster.Client.FindPrimaryAsync(Name("loop") + ".git", cancellationToken);
        var victim = cluster.Nodes.First(node => string.Equals(node.Name, primaryName, StringComparison.Ordinal) == primary);
        var pushes = PushLoop(primary ? "primary-down" : "secondary-down");
        var clones = new CloneLoop(_git, Url(Name("loop")), _work, time);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stop = new CancellationTokenSource();
        var loops = new[] { pushes.RunAsync(stop.Token, failed.Token), clones.RunAsync(stop.Token, failed.Token) };

        await pushes.WaitForAsync(PushesBeforeKill, loops[0], cancellationToken);
        await victim.Process.KillAsync();
        report.Say($"killed {victim.Name}, the {(primary ? "primary" : "first secondary")}, in the middle of pushing and cloning");
        var acknowledged = pushes.Outages.Worked;
        await pushes.WaitForAsync(acknowledged + PushesWhileDown, loops[0], cancellationToken);
        var cloned = clones.Outages.Worked;
        victim.Process.Start();
        await victim.Process.WaitUntilReadyAsync(LocalCluster.ReadyMax, cancellationToken);
        report.Say($"{victim.Name} is back; while it was away {PushesWhileDown} more pushes were acknowledged ({cloned} clones worked so far)");
        await stop.CancelAsync();
        await Task.WhenAll(loops);

        Tell("writes", pushes.Outages);
        Tell("reads", clones.Outages);
        await ReportIdenticalAsync(new Replicas(cluster, _git, time), "loop", CaughtUpMax, cancellationToken);
    }

    private void Tell(string what, Outages outages)
    {
        var failures = outages.Failures;
        report.Say($"{what}: {outages.Worked} worked, {failures.Count} failed"
            + (failures.Count == 0 ? string.Empty : $", longest outage {SmokeReport.Span(outages.Longest)}"));
        foreach (var reason in failures.GroupBy(reason => reason, StringComparer.Ordinal))
            report.Say($"  {reason.Count()} times: {reason.Key}");
    }

    private async Task CheckEverythingAsync(LocalCluster cluster, CancellationToken cancellationToken)
    {
        var replicas = new Replicas(cluster, _git, time);
        foreach (var name in _paths.Keys)
            await ReportIdenticalAsync(replicas, name, CaughtUpMax, cancellationToken);
        foreach (var node in cluster.Nodes)
            Demand(await replicas.MissingAsync(node, _paths["loop"], _acknowledged, cancellationToken), $"on {node.Name}");

        foreach (var name in _paths.Keys)
        {
            var fresh = Path.Combine(_work, "fresh-" + name);
            if (Directory.Exists(fresh))
                Directory.Delete(fresh, recursive: true);
            await _git.DoAsync(_work, cancellationToken, "clone", "--quiet", "--mirror", Url(Name(name)), fresh);
            var cloned = await _git.DoAsync(fresh, cancellationToken, "for-each-ref", "--format=%(objectname) %(refname)");
            if (!string.Equals(cloned, await replicas.RefsAsync(cluster.Nodes[0], _paths[name], cancellationToken), StringComparison.Ordinal))
                throw new TrialException($"a fresh clone of {name} has other references than the nodes");
            if (string.Equals(name, "loop", StringComparison.Ordinal))
                Demand(await replicas.MissingAsync(fresh, _acknowledged, cancellationToken), "in a fresh clone");
        }

        report.Say($"all {_acknowledged.Count} acknowledged pushes are on every node and in a fresh clone");
    }

    private static void Demand(IReadOnlyList<string> missing, string where)
    {
        if (missing.Count > 0)
            throw new TrialException($"{missing.Count} acknowledged pushes are missing {where}: {string.Join(", ", missing.Take(5))}");
    }
}
