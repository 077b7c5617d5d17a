using System.Globalization;
using Google.Protobuf;
using Praefect.Trial.Clusters;
using Praefect.Trial.Smoke;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Trial.Tests.Turns;

/// <summary>
/// Conflicting writes through a gateway on storage nodes with git. With <c>write_turns.enabled = false</c> these tests fail: writes find the reference locked on some
/// of the nodes. Why that is so is shown step by step, and without luck, by the tests of the repository grain without turns.
/// </summary>
public sealed class WriteTurnsOnRealNodesTests : IDisposable
{
    private const int Writers = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-turns-").FullName;
    private readonly GitClient _git = new(TimeProvider.System);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Writes_of_one_reference_all_commit_of_pushes_to_one_branch_one_does_and_no_replica_falls_behind(int nodes)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var folder = ClusterFolder.Open(Path.Combine(_folder, "data"));
        var ports = ClusterPorts.Choose(folder.Ports, nodes, 0);
        await using var cluster = new LocalCluster(folder, ports, TimeProvider.System);
        await cluster.StartAsync(limit.Token);
        var url = $"http://127.0.0.1:{ports.Git}/default/turns.git";
        var clones = await ClonesAsync(url, limit.Token);

        var commits = await PushToBranchesOfTheirOwnAsync(clones, limit.Token);
        await WriteOneReferenceAsync(ports, commits, limit.Token);
        await PushToOneBranchAsync(clones, limit.Token);

        var replicas = new Replicas(cluster, _git, TimeProvider.System);
        await replicas.WaitUntilIdenticalAsync(Assert.Single(replicas.Paths()), TimeSpan.Zero, limit.Token);
        Assert.True(await cluster.StopAsync());
        var log = await File.ReadAllTextAsync(folder.Log("praefect"), limit.Token);
        Assert.Contains("Praefect is ready", log, StringComparison.Ordinal);
        Assert.DoesNotContain("is outdated", log, StringComparison.Ordinal);
        Assert.DoesNotContain("in doubt", log, StringComparison.Ordinal);
    }

    /// <summary>Clones of one repository, each with a commit of its own on top of the first one.</summary>
    private async Task<string[]> ClonesAsync(string url, CancellationToken cancellationToken)
    {
        var first = Directory.CreateDirectory(Path.Combine(_folder, "first")).FullName;
        await _git.DoAsync(first, cancellationToken, "init", "--quiet", ".");
        await _git.DoAsync(first, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", "First");
        await _git.DoAsync(first, cancellationToken, "push", "--quiet", url, "HEAD:refs/heads/main");
        return await Task.WhenAll(Enumerable.Range(0, Writers).Select(async i =>
        {
            var clone = Path.Combine(_folder, i.ToString(CultureInfo.InvariantCulture));
            await _git.DoAsync(_folder, cancellationToken, "clone", "--quiet", url, clone);
            await _git.DoAsync(clone, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", $"Of {i}");
            return clone;
        }));
    }

    private async Task<string[]> PushToBranchesOfTheirOwnAsync(string[] clones, CancellationToken cancellationToken)
    {
        await Task.WhenAll(clones.Select((clone, i) => _git.DoAsync(clone, cancellationToken, "push", "--quiet", "origin", $"HEAD:refs/heads/of-{i}")));
        return await Task.WhenAll(clones.Select(clone => _git.DoAsync(clone, cancellationToken, "rev-parse", "HEAD")));
    }

    private static async Task WriteOneReferenceAsync(ClusterPorts ports, string[] commits, CancellationToken cancellationToken)
    {
        using var gateway = new LoopbackGrpc(ports.Grpc);
        await Task.WhenAll(commits.Select(commit => gateway.CallAsync(
            "/gitaly.RepositoryService/WriteRef",
            new WriteRefRequest
            {
                Repository = new Repository { StorageName = LocalCluster.VirtualStorage, RelativePath = "turns.git" },
                Ref = ByteString.CopyFromUtf8("refs/heads/contended"),
                Revision = ByteString.CopyFromUtf8(commit),
            },
            WriteRefResponse.Parser, new GrpcMetadata(), cancellationToken)));
    }

    private async Task PushToOneBranchAsync(string[] clones, CancellationToken cancellationToken)
    {
        var pushes = await Task.WhenAll(clones.Select(clone => _git.TryAsync(clone, cancellationToken, "push", "origin", "HEAD:refs/heads/main")));
        Assert.Single(pushes, p => p.Ok);
        Assert.All(pushes.Where(p => !p.Ok), p => Assert.Contains("rejected]", p.Errors, StringComparison.Ordinal));

        // The winner may go on from where it is; nobody else can before he has what was pushed.
        var winner = clones[Array.FindIndex(pushes, p => p.Ok)];
        await _git.DoAsync(winner, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", "Next");
        pushes = await Task.WhenAll(clones.Select(clone => _git.TryAsync(clone, cancellationToken, "push", "origin", "HEAD:refs/heads/main")));
        Assert.Equal(winner, clones[Array.FindIndex(pushes, p => p.Ok)]);
        Assert.Single(pushes, p => p.Ok);
    }
}
