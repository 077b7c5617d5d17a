using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Grains;
using Praefect.Grains.Nodes;

namespace Praefect.Silo.Hosting;

/// <summary>
/// Starts the node directory behind the silo and ahead of the listeners: nothing is served before the health of the nodes is known.
/// </summary>
internal sealed partial class NodeWatch(NodeDirectory directory, GrainShutdown shutdown, TimeProvider time, ILogger<NodeWatch> logger) : IHostedService
{
    private const int Attempts = 30;
    private static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Most writes take milliseconds. A long upload is cut off rather than all other repositories kept read-only: callers repeat a refused write for longer than this.
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(3);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = new CancellationTokenSource(AttemptMax, time);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                await directory.StartAsync(linked.Token);
                return;
            }
            catch (Exception e) when (e is Orleans.Runtime.OrleansException or TimeoutException or OperationCanceledException
                && attempt < Attempts && !cancellationToken.IsCancellationRequested)
            {
                // A silo on the way out still has the grain, most likely; the cluster sorts that out in seconds.
                LogRepeated(e.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Behind the gateway's last calls, ahead of the silo: services stop in reverse.
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!await shutdown.DrainAsync(DrainMax, time, cancellationToken))
            LogCutOff(DrainMax);
        await shutdown.BeginAsync();
        await directory.StopAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "writes were still under way after {DrainMax}; they are cut off and settled by the next silo that holds their repositories")]
    private partial void LogCutOff(TimeSpan drainMax);

    [LoggerMessage(LogLevel.Warning, "the health of the nodes is not known yet, asking again: {Reason}")]
    private partial void LogRepeated(string reason);
}
