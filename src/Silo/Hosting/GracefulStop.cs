using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Ahead of everything else that stops: takes no new connections, tells the open ones to go away, and lets running calls finish within the grace
/// period. What still runs then is cut off, so that outcomes can be recorded and grains deactivated with time to spare.
/// </summary>
internal sealed partial class GracefulStop(IServer server, TimeSpan grace, TimeProvider time, ILogger<GracefulStop> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        LogStarting(grace);
        using var period = new CancellationTokenSource(grace, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(period.Token, cancellationToken);
        await server.StopAsync(linked.Token);
        if (period.IsCancellationRequested)
            LogExpired();
        else
            LogCompleted();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Information, "starting grace period of {Grace}")]
    private partial void LogStarting(TimeSpan grace);

    [LoggerMessage(LogLevel.Information, "graceful stop: completed")]
    private partial void LogCompleted();

    [LoggerMessage(LogLevel.Warning, "graceful stop: grace period expired, running calls were cut off")]
    private partial void LogExpired();
}
