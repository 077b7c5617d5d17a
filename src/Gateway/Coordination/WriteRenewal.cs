using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Grains;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Coordination;

/// <summary>The one loop that tells grains which writes this gateway still works on; a grain gives up a write not heard of for 10 s.</summary>
internal sealed partial class WriteRenewal(
    TransactionDirectory directory, IGatewayGrains grains, GatewayOptions options, TimeProvider time, ILogger<WriteRenewal> logger) : BackgroundService
{
    private const int MaxAtOnce = 32;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    /// <summary>Renews until it is stopped, on the scheduler that it is called on.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        // Not a PeriodicTimer: one that nobody stops ends on the finalizer's thread.
        for (var tick = Tick(); ;)
        {
            await tick;
            tick = Tick();
            await Parallel.ForEachAsync(
                directory.ByRepository(),
                new ParallelOptions { MaxDegreeOfParallelism = MaxAtOnce, TaskScheduler = TaskScheduler.Current, CancellationToken = stoppingToken },
                async (writes, token) =>
                {
                    try
                    {
                        var lost = await grains.Repository(writes.Key).RenewAsync(writes.Ids, token).WaitAsync(options.RenewInterval, time, token);
                        foreach (var id in lost)
                            await directory.MarkLostAsync(id);
                    }
                    catch (Exception e) when (!token.IsCancellationRequested)
                    {
                        // The next tick tries again; the grain is patient for several.
                        LogFailed(logger, writes.Key, e.Message);
                    }
                });
        }

        Task Tick() => Task.Delay(options.RenewInterval, time, stoppingToken);
    }

    [LoggerMessage(1, LogLevel.Warning, "renewing writes failed: repository={Key} error={Error}")]
    private static partial void LogFailed(ILogger logger, RepositoryKey key, string error);
}
