using System.Globalization;
using System.Text.RegularExpressions;
using Praefect.Tests.Shared;
using Praefect.Trial.Processes;
using Praefect.Trial.Smoke;

namespace Praefect.Trial.Tests.Clusters;

/// <summary>What a new user gets from <c>run.sh --cluster</c>, through nothing but what it prints.</summary>
public sealed partial class SiloClusterTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Not a private folder: Postgres may run as a user of its own.
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "praefect-silos-" + Guid.NewGuid().ToString("N")[..8])).FullName;
    private readonly GitClient _git = new(TimeProvider.System);
    private readonly CancellationTokenSource _limit = new(Limit);

    private string Data => Path.Combine(_folder, "data");

    private string Work => Path.Combine(_folder, "work");

    [ClusterFact]
    public async Task What_goes_in_through_one_process_comes_out_of_another_though_one_is_killed_and_of_one_more_and_after_a_restart()
    {
        Directory.CreateDirectory(Work);
        await _git.DoAsync(Work, _limit.Token, "init", "--quiet", ".");
        await using (var trial = Trial("first"))
        {
            var (push, clone) = await StartAsync(trial);
            await PushAsync(push, "First");
            Assert.Equal(await HeadAsync(Work), await CloneAsync(clone, "before"));

            var killed = Second().Match(await OutputAsync(trial)).Groups["id"].Value;
            Signals.Send(int.Parse(killed, CultureInfo.InvariantCulture), Signals.Kill);
            while (!(await OutputAsync(trial)).Contains("praefect-2 is started again", StringComparison.Ordinal))
                await Task.Delay(Pause, _limit.Token);
            await PushAsync(push, "Second");
            await ReadyAsync("praefect-2");
            await CheckOneMoreAsync(await OutputAsync(trial));
            Assert.True(await trial.StopAsync(StopMax), await trial.LogTailAsync());
        }

        Assert.Empty(ChildrenOfTrials.In(Data));
        await using (var again = Trial("again"))
        {
            var (_, clone) = await StartAsync(again);
            Assert.Equal(await HeadAsync(Work), await CloneAsync(clone, "after"));

            await again.KillAsync();
            while (ChildrenOfTrials.In(Data).Count > 0)
                await Task.Delay(Pause, _limit.Token);
        }
    }

    public void Dispose()
    {
        _limit.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ManagedProcess Trial(string name) => new(
        new ProcessSpec
        {
            Name = name,
            FileName = DotnetHost.Path,
            Arguments = [DotnetHost.AssemblyOf("Praefect.Trial", "trial"), "--cluster", "--data", Data],
            LogFile = Path.Combine(_folder, name + ".log"),
            Ready = async token => (await File.ReadAllTextAsync(Path.Combine(_folder, name + ".log"), token)).Contains("Ctrl-C stops everything", StringComparison.Ordinal),
        },
        TimeProvider.System);

    private async Task<(string Push, string Clone)> StartAsync(ManagedProcess trial)
    {
        trial.Start();
        await trial.WaitUntilReadyAsync(Limit, _limit.Token);
        var urls = Url().Matches(await OutputAsync(trial)).Select(static match => match.Value).ToArray();
        Assert.Equal(2, urls.Distinct(StringComparer.Ordinal).Count());
        return (urls[0], urls[1]);
    }

    // Growing is one command more, and shrinking its end.
    private async Task CheckOneMoreAsync(string output)
    {
        var command = OneMore().Match(output).Groups["command"].Value.Split(' ');
        await using var process = new ManagedProcess(
            new ProcessSpec { Name = "one-more", FileName = command[0], Arguments = [.. command[1..]], LogFile = Path.Combine(_folder, "one-more.log") }, TimeProvider.System);
        process.Start();
        await ReadyAsync("praefect-4");
        var url = $"{OneMoreUrl().Match(output).Groups["url"].Value}/hello.git";
        Assert.Equal(await HeadAsync(Work), await CloneAsync(url, "one-more"));
        await PushAsync(url, "Third");
        Assert.True(await process.StopAsync(StopMax), await process.LogTailAsync());
    }

    private Task<string> OutputAsync(ManagedProcess trial) => File.ReadAllTextAsync(trial.Spec.LogFile, _limit.Token);

    // One that is told to stop in the middle of its start has no clean way to.
    private async Task ReadyAsync(string member)
    {
        var address = MetricsAddress().Match(await File.ReadAllTextAsync(Path.Combine(Data, member + ".toml"), _limit.Token)).Groups["address"].Value;
        using var http = new HttpClient();
        while (!await AnswersAsync())
            await Task.Delay(Pause, _limit.Token);

        async Task<bool> AnswersAsync()
        {
            try
            {
                using var response = await http.GetAsync(new Uri($"http://{address}/-/ready"), _limit.Token);
                return response.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    // A push that meets the silo's end may fail; the next one does not.
    private async Task PushAsync(string url, string message)
    {
        await _git.DoAsync(Work, _limit.Token, "commit", "--quiet", "--allow-empty", "-m", message);
        while (!(await _git.TryAsync(Work, _limit.Token, "push", "--quiet", url, "HEAD:refs/heads/main")).Ok)
            await Task.Delay(Pause, _limit.Token);
    }

    private async Task<string> CloneAsync(string url, string name)
    {
        await _git.DoAsync(_folder, _limit.Token, "clone", "--quiet", url, name);
        return await HeadAsync(Path.Combine(_folder, name));
    }

    private Task<string> HeadAsync(string clone) => _git.DoAsync(clone, _limit.Token, "rev-parse", "HEAD");

    [GeneratedRegex("http://127\\.0\\.0\\.1:[0-9]+/default/hello\\.git")]
    private static partial Regex Url();

    [GeneratedRegex("prometheus_listen_addr = \"(?<address>[^\"]+)\"", RegexOptions.ExplicitCapture)]
    private static partial Regex MetricsAddress();

    [GeneratedRegex("start one more +(?<command>[^\\n]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex OneMore();

    [GeneratedRegex("joins and serves (?<url>[^;]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex OneMoreUrl();

    [GeneratedRegex("praefect-2 (?<id>[0-9]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Second();
}
