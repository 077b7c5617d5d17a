using System.Globalization;

namespace Praefect.Trial.Smoke;

/// <summary>Commits and pushes, again and again, as a person who retries would; remembers every commit whose push was acknowledged.</summary>
/// <param name="git">The client.</param>
/// <param name="folder">A checkout with the remote <c>origin</c>.</param>
/// <param name="purpose">Goes into names of branches and messages of commits.</param>
/// <param name="acknowledged">Where commits go whose push was acknowledged.</param>
/// <param name="time">The clock.</param>
internal sealed class PushLoop(GitClient git, string folder, string purpose, List<string> acknowledged, TimeProvider time)
{
    private const int Branches = 5;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private int _count;

    /// <summary>How pushing went.</summary>
    public Outages Outages { get; } = new(time);

    /// <summary>Runs until told to stop; the push under way is finished first.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCancellationRequested)
            await PushOneAsync(cancellationToken);
    }

    /// <summary>Waits until so many pushes were acknowledged and the next is under way.</summary>
    public async Task WaitForAsync(int pushes, Task loop, CancellationToken cancellationToken)
    {
        while (Outages.Worked < pushes)
        {
            if (loop.IsCompleted)
                await loop;
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    /// <summary>Makes a commit and pushes it to the main branch and another one, until that is acknowledged.</summary>
    public async Task PushOneAsync(CancellationToken cancellationToken)
    {
        var number = ++_count;
        await git.DoAsync(folder, cancellationToken, "commit", "--quiet", "--allow-empty", "-m", string.Create(CultureInfo.InvariantCulture, $"{purpose} {number}"));
        var commit = await git.DoAsync(folder, cancellationToken, "rev-parse", "HEAD");
        var branch = string.Create(CultureInfo.InvariantCulture, $"HEAD:refs/heads/{purpose}/{number % Branches}");
        while (true)
        {
            var started = time.GetTimestamp();
            var result = await git.TryAsync(folder, cancellationToken, "push", "--quiet", "origin", "HEAD:refs/heads/main", branch);
            Outages.Count(started, result.Ok ? null : result.Reason);
            if (result.Ok)
                break;
            await Task.Delay(RetryPause, time, cancellationToken);
        }

        acknowledged.Add(commit);
    }
}
