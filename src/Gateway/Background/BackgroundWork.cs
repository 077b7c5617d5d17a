using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Praefect.Gateway.Background;

/// <summary>
/// Owner of work that outlives the call that began it: bounded, each piece logged when it fails, drained when the process stops.
/// </summary>
internal sealed partial class BackgroundWork(GatewayOptions options, TimeProvider time, ILogger<BackgroundWork> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];

    /// <summary>How much is under way.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _running.Count;
        }
    }

    /// <summary>Starts a piece of work.</summary>
    /// <returns>False when as much as allowed is under way already; nothing was started then.</returns>
    public bool TryRun(string what, Func<CancellationToken, Task> work)
    {
        // Unstarted until it is in the set, so that it cannot leave the set before it came.
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task task;
        lock (_lock)
        {
            if (_running.Count >= options.MaxBackgroundWork)
                return false;
            task = RunAsync(what, work, start.Task);
            _running.Add(task);
        }

        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        start.SetResult();
        return true;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for what is under way, at most the drain time, then cancels the rest.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] left;
        lock (_lock)
            left = [.. _running];
        try
        {
            await Task.WhenAll(left).WaitAsync(options.DrainTimeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            LogAbandoned(logger, Count);
        }

        await _stop.CancelAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(string what, Func<CancellationToken, Task> work, Task start)
    {
        await start;
        try
        {
            await work(_stop.Token);
        }
        catch (Exception e)
        {
            LogFailed(logger, what, e);
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
            _running.Remove(task);
    }

    [LoggerMessage(1, LogLevel.Warning, "background work failed: {What}")]
    private static partial void LogFailed(ILogger logger, string what, Exception e);

    [LoggerMessage(2, LogLevel.Warning, "stopping with {Count} pieces of background work unfinished")]
    private static partial void LogAbandoned(ILogger logger, int count);
}
