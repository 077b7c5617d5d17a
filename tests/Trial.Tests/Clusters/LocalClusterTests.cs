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
    public async Task Nothing_is_left_running_when_the_trial_itself_is_killed()
    {
        using var limit = new CancellationTokenSource(Limit);
        var data = Path.Combine(_folder, "data");
        await using var trial = new ManagedProcess(
            new ProcessSpec
            {
                Name = "trial",
                FileName = DotnetHost.Path,
                Arguments = [DotnetHost.AssemblyOf("Praefect.Trial", "trial"), "--data", data],
                LogFile = Path.Combine(_folder, "trial.log"),
                Ready = async token => (await File.ReadAllTextAsync(Path.Combine(_folder, "trial.log"), token)).Contains("Ctrl-C stops it", StringComparison.Ordinal),
            },
            TimeProvider.System);
        trial.Start();
        await trial.WaitUntilReadyAsync(Limit, limit.Token);
        Assert.Equal(4, ProcessesWith(data).Count);

        await trial.KillAsync();

        while (ProcessesWith(data).Count > 0)
            await Task.Delay(50, limit.Token);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Children of the trial name its folder in their arguments; the trial does, too, so it is left out.
    private static List<string> ProcessesWith(string folder)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(process, "cmdline"));
                if (line.Contains(folder + "/", StringComparison.Ordinal) && line.Contains("--exit-with-stdin", StringComparison.Ordinal))
                    found.Add(process);
            }
            catch (IOException)
            {
                // Ended meanwhile.
            }
        }

        return found;
    }
}
