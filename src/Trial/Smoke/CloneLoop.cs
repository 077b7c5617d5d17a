namespace Praefect.Trial.Smoke;

/// <summary>Clones through the gateway, again and again.</summary>
internal sealed class CloneLoop(GitClient git, string url, string folder, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>How cloning went.</summary>
    public Outages Outages { get; } = new(time);

    /// <summary>Runs until told to stop; the clone under way is finished first.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, "clone-loop");
        while (!stop.IsCancellationRequested)
        {
            if (Directory.Exists(target))
                Directory.Delete(target, recursive: true);
            var started = time.GetTimestamp();
            var result = await git.TryAsync(folder, cancellationToken, "clone", "--quiet", "--bare", url, target);
            Outages.Count(started, result.Ok ? null : result.Reason);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
