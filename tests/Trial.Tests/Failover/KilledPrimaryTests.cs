using System.Globalization;
using Praefect.Trial.Clusters;
using Praefect.Trial.Smoke;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;
using Xunit.Abstractions;

namespace Praefect.Trial.Tests.Failover;

/// <summary>
/// kill -9 of a storage node on which the primaries of some repositories are, while every repository is written and read: each of them is in another moment of a
/// write. How long writers and readers went without a success is printed.
/// </summary>
public sealed class KilledPrimaryTests(ITestOutputHelper output) : IDisposable
{
    private const int Repositories = 6;
    private const int Commits = 20;

    // What a caller must not wait for on any machine: less than Praefect's 10 s, which wait for a health check, not for work.
    private static readonly TimeSpan ReadsMax = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WritesMax = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan CaughtUpMax = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-failover-").FullName;
    private readonly GitClient _git = new(TimeProvider.System);
    private bool _passed;

    /// <summary>Leaves disks, records and logs where something was lost: no message says as much.</summary>
    public void Dispose()
    {
        if (_passed)
            Directory.Delete(_folder, recursive: true);
        else
            output.WriteLine($"disks, records and logs are left in {_folder}");
    }

    [Fact]
    public async Task Whatever_the_moment_at_which_a_primary_dies_its_repositories_are_read_and_written_on_and_nothing_acknowledged_is_lost()
    {
        // More kills than the test's own, for figures: PRAEFECT_FAILOVER_KILLS.
        var kills = int.Parse(Environment.GetEnvironmentVariable("PRAEFECT_FAILOVER_KILLS") ?? "3", CultureInfo.InvariantCulture);
        using var limit = new CancellationTokenSource(Limit);
        using var folder = ClusterFolder.Open(Path.Combine(_folder, "data"));
        var ports = ClusterPorts.Choose(folder.Ports, 3, 0);
        await using var cluster = new LocalCluster(folder, ports, TimeProvider.System);
        await cluster.StartAsync(limit.Token);
        using var gateway = new LoopbackGrpc(ports.Grpc);
        var callers = await PrepareAsync(gateway, ports, limit.Token);

        var (reads, writes) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var kill = 0; kill < kills; kill++)
            await KillAsync(cluster, gateway, callers, kill, reads, writes, limit.Token);

        Print("reads", reads);
        Print("writes", writes);
        output.WriteLine($"{callers.Sum(caller => caller.Acknowledged)} writes acknowledged, none lost; failures: {Failures(callers)}");
        Assert.True(reads.Count >= kills, "no repository had its primary on a node that was killed");
        Assert.InRange(reads.Max(), TimeSpan.Zero, ReadsMax);
        Assert.InRange(writes.Max(), TimeSpan.Zero, WritesMax);
        Assert.All(callers, caller => Assert.DoesNotContain(caller.Failures.Keys, code => code is not (GrpcStatusCode.Unavailable or GrpcStatusCode.Internal or GrpcStatusCode.Aborted)));
        Assert.True(await cluster.StopAsync());
        _passed = true;
    }

    /// <summary>Kills the node with most primaries under load, brings it back and compares the replicas.</summary>
    private async Task KillAsync(
        LocalCluster cluster, LoopbackGrpc gateway, RepositoryCallers[] callers, int kill, List<TimeSpan> reads, List<TimeSpan> writes, CancellationToken cancellationToken)
    {
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(callers.Select(caller => caller.RunAsync(stop.Token)));
        await UntilAsync(callers, 3, cancellationToken);
        var primaries = await Task.WhenAll(callers.Select(caller => MetadataAsync(gateway, caller, cancellationToken)));
        var most = primaries.GroupBy(metadata => metadata.Primary, StringComparer.Ordinal).MaxBy(group => group.Count())!.Key;
        var victim = cluster.Nodes.Single(node => node.Name == most);
        foreach (var caller in callers)
        {
            caller.Reads.Begin();
            caller.Writes.Begin();
        }

        // Another fraction of a write each time.
        await Task.Delay(TimeSpan.FromMilliseconds(kill * 7 % 50), cancellationToken);
        await victim.Process.KillAsync();
        await UntilAsync(callers, 10, cancellationToken);
        await stop.CancelAsync();
        await running;
        var struck = callers.Where((_, i) => primaries[i].Primary == most).ToArray();
        reads.AddRange(struck.Select(caller => caller.Reads.Longest));
        writes.AddRange(struck.Select(caller => caller.Writes.Longest));

        victim.Process.Start();
        await victim.Process.WaitUntilReadyAsync(LocalCluster.ReadyMax, cancellationToken);
        var replicas = new Replicas(cluster, _git, TimeProvider.System);
        for (var i = 0; i < callers.Length; i++)
        {
            await replicas.WaitUntilIdenticalAsync(primaries[i].ReplicaPath, CaughtUpMax, cancellationToken);
            var refs = await replicas.RefsAsync(cluster.Nodes[0], primaries[i].ReplicaPath, cancellationToken);
            Assert.True(
                callers[i].Possible.Any(commit => refs.Contains($"{commit} {RepositoryCallers.Reference}", StringComparison.Ordinal)),
                $"after kill {kill} {callers[i].Path} holds, where one of {string.Join(", ", callers[i].Possible)} was to be written:\n{refs}");
        }
    }

    private async Task<RepositoryCallers[]> PrepareAsync(LoopbackGrpc gateway, ClusterPorts ports, CancellationToken cancellationToken)
    {
        var source = Directory.CreateDirectory(Path.Combine(_folder, "source")).FullName;
        await _git.DoAsync(source, cancellationToken, "init", "--quiet", ".");
        for (var i = 0; i < Commits; i++)
            await _git.DoAsync(source, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", $"{i}");
        var commits = (await _git.DoAsync(source, cancellationToken, "rev-list", "HEAD")).Split('\n');
        var callers = Enumerable.Range(0, Repositories).Select(i => new RepositoryCallers(gateway, $"r{i}.git", commits, TimeProvider.System)).ToArray();
        foreach (var caller in callers)
        {
            var url = $"http://127.0.0.1:{ports.Git}/{LocalCluster.VirtualStorage}/{caller.Path}";
            await _git.DoAsync(source, cancellationToken, "push", "--quiet", url, "HEAD:refs/heads/main");
        }

        return callers;
    }

    private static Task<GetRepositoryMetadataResponse> MetadataAsync(LoopbackGrpc gateway, RepositoryCallers caller, CancellationToken cancellationToken) => gateway.CallAsync(
        "/gitaly.PraefectInfoService/GetRepositoryMetadata",
        new GetRepositoryMetadataRequest
        {
            Path = new GetRepositoryMetadataRequest.Types.Path { VirtualStorage = LocalCluster.VirtualStorage, RelativePath = caller.Path },
        },
        GetRepositoryMetadataResponse.Parser, null, cancellationToken);

    /// <summary>Waits until every writer got so many more acknowledgements.</summary>
    private static async Task UntilAsync(RepositoryCallers[] callers, int more, CancellationToken cancellationToken)
    {
        var wanted = callers.Select(caller => caller.Acknowledged + more).ToArray();
        while (callers.Where((caller, i) => caller.Acknowledged < wanted[i]).Any())
            await Task.Delay(20, cancellationToken);
    }

    private static string Failures(RepositoryCallers[] callers) => string.Join(
        ", ", callers.SelectMany(caller => caller.Failures).GroupBy(failure => failure.Key).Select(group => $"{group.Key} {group.Sum(failure => failure.Value)}"));

    private void Print(string what, List<TimeSpan> gaps) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"longest time without {what} of {gaps.Count} repositories whose primary was killed: median {gaps.Order().ElementAt(gaps.Count / 2).TotalMilliseconds:0} ms, longest {gaps.Max().TotalMilliseconds:0} ms"));
}
