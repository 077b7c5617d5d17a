using Praefect.Trial.Clusters;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Trial.Tests.Clusters;

public sealed class LocalClusterTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-cluster-").FullName;

    [Fact]
    public async Task What_was_pushed_is_there_after_a_restart_and_on_every_disk()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var folder = ClusterFolder.Open(Path.Combine(_folder, "data"));
        var ports = ClusterPorts.Choose(folder.Ports, 3, 0);
        var git = new GitClient(TimeProvider.System);
        var url = $"http://127.0.0.1:{ports.Git}/default/hello.git";
        var work = Directory.CreateDirectory(Path.Combine(_folder, "work")).FullName;
        await git.DoAsync(work, limit.Token, "init", "--quiet", ".");
        await git.DoAsync(work, limit.Token, "commit", "--quiet", "--allow-empty", "-m", "First");
        string path;
        await using (var cluster = new LocalCluster(folder, ports, TimeProvider.System))
        {
            await cluster.StartAsync(limit.Token);
            await git.DoAsync(work, limit.Token, "push", "--quiet", url, "HEAD:refs/heads/main");
            var replicas = new Replicas(cluster, git, TimeProvider.System);
            path = Assert.Single(replicas.Paths());
            await replicas.WaitUntilIdenticalAsync(path, Limit, limit.Token);
            Assert.Contains(await cluster.Client.FindPrimaryAsync("hello.git", limit.Token), cluster.Nodes.Select(node => node.Name));
            Assert.True(await cluster.StopAsync());
        }

        await using (var again = new LocalCluster(folder, ports, TimeProvider.System))
        {
            await again.StartAsync(limit.Token);
            await git.DoAsync(_folder, limit.Token, "clone", "--quiet", url, "clone");
            Assert.Equal(
                await git.DoAsync(work, limit.Token, "rev-parse", "HEAD"),
                await git.DoAsync(Path.Combine(_folder, "clone"), limit.Token, "rev-parse", "HEAD"));
            await new Replicas(again, git, TimeProvider.System).WaitUntilIdenticalAsync(path, Limit, limit.Token);
            Assert.True(await again.StopAsync());
        }
    }

    [Fact]
    public async Task Ctrl_C_which_a_terminal_sends_to_a_whole_group_stops_everything_well()
    {
        using var limit = new CancellationTokenSource(Limit);
        await using var trial = Trial(Path.Combine(_folder, "data"));
        trial.Start();
        await trial.WaitUntilReadyAsync(Limit, limit.Token);

        Signals.Send(-trial.Id, Signals.Interrupt);

        Assert.Equal(0, await trial.WaitForExitAsync(limit.Token));
        Assert.EndsWith("stopping\nstopped", await trial.LogTailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_left_running_when_the_trial_itself_is_killed()
    {
        using var limit = new CancellationTokenSource(Limit);
        var data = Path.Combine(_folder, "data");
        await using var trial = Trial(data);
        trial.Start();
        await trial.WaitUntilReadyAsync(Limit, limit.Token);
        Assert.Equal(4, ChildrenOfTrials.In(data).Count);

        await trial.KillAsync();

        while (ChildrenOfTrials.In(data).Count > 0)
            await Task.Delay(50, limit.Token);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // First of a group of its own, as a shell would start it.
    private ManagedProcess Trial(string data)
    {
        var command = OwnSession.Of([DotnetHost.Path, DotnetHost.AssemblyOf("Praefect.Trial", "trial"), "--data", data]);
        var log = Path.Combine(_folder, "trial.log");
        var spec = new ProcessSpec
        {
            Name = "trial",
            FileName = command[0],
            Arguments = command[1..],
            LogFile = log,
            Ready = async token => (await File.ReadAllTextAsync(log, token)).Contains("Ctrl-C stops it", StringComparison.Ordinal),
        };
        return new ManagedProcess(spec, TimeProvider.System);
    }
}
