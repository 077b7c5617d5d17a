using System.Globalization;

namespace Praefect.Trial.Smoke;

/// <summary>Commits and pushes, again and again, as a person who retries would; remembers every commit whose push was acknowledged.</summary>
internal sealed class PushLoop(GitClient git, string folder, TimeProvider time)
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);

    private readonly List<string> _acknowledged = [];
    private readonly Lock _gate = new();
    private int _count;

    /// <summary>How pushing went.</summary>
    public Outages Outages { get; } = new(time);

    /// <summary>Every commit whose push was acknowledged, in order.</summary>
    public IReadOnlyList<string> Acknowledged
    {
        get
        {
            lock (_gate)
                return [.. _acknowledged];
        }
    }

    /// <summary>Runs until cancelled; the push under way is finished first.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCancellationRequested)
            await PushOneAsync(cancellationToken);
    }

    /// <summary>Makes a commit and pushes it until that is acknowledged.</summary>
    public async Task PushOneAsync(CancellationToken cancellationToken)
    {
        var number = ++_count;
        var branch = string.Create(CultureInfo.InvariantCulture, $"refs/heads/loop/{number % 5}");
        await git.DoAsync(folder, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", string.Create(CultureInfo.InvariantCulture, $"Push {number}"));
        var commit = await git.DoAsync(folder, cancellationToken, "rev-parse", "HEAD");
        while (true)
        {
            var started = time.GetTimestamp();
            var result = await git.TryAsync(folder, cancellationToken, "push", "--quiet", "origin", "HEAD:refs/heads/main", $"HEAD:{branch}");
            Outages.Count(started, result.Ok ? null : result.Reason);
            if (result.Ok)
                break;
            await Task.Delay(RetryPause, time, cancellationToken);
        }

        lock (_gate)
            _acknowledged.Add(commit);
    }
}
