using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Verification;

namespace Praefect.Grains.Nodes;

/// <summary>
/// Probes one storage node for as long as its silo lives. One refused probe makes it unhealthy, one answered probe healthy again. Silence may be a pause of either
/// machine, and where all nodes were taken for dead at once nothing would be served: a node that is late is asked once more, at once. Silent twice, it counts as silent,
/// which ends the calls under way on it; one that refuses or says that it does not serve may be finishing them.
/// </summary>
[Orleans.Concurrency.Reentrant]
public sealed partial class StorageNodeGrain(
    INodeGateway gateway,
    INodeDirectory directory,
    IRepositoryCatalogue catalogue,
    VerificationMetrics verificationMetrics,
    GrainOptions options,
    TimeProvider time,
    ILogger<StorageNodeGrain> logger) : Grain, IStorageNodeGrain, IRemindable, IDisposable
{
    private readonly ILogger<StorageNodeGrain> _logger = logger;
    private NodeKey _node;
    private NodeHealth? _health;
    private Task? _probing;
    private IGrainTimer? _timer;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _node = NodeKey.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return StopRecordsAsync();
    }

    /// <inheritdoc/>
    public async Task<NodeHealth> WatchAsync(CancellationToken cancellationToken)
    {
        _timer ??= this.RegisterGrainTimer(
            static (grain, _) => grain.ProbeAsync(),
            this,
            new GrainTimerCreationOptions(options.ProbePeriod, options.ProbePeriod) { KeepAlive = true, Interleave = true });
        if (_health is null)
            await ProbeAsync().WaitAsync(cancellationToken);
        WatchRecords();
        return _health!;
    }

    /// <inheritdoc/>
    public Task SuspectAsync(string reason, CancellationToken cancellationToken)
    {
        LogSuspected(_node, reason);
        return ProbeAsync().WaitAsync(cancellationToken);
    }

    // One probe at a time: the timer and everyone who suspects the node share it.
    private Task ProbeAsync()
    {
        if (_probing is null or { IsCompleted: true })
            _probing = ProbeOnceAsync();
        return _probing;
    }

    private async Task ProbeOnceAsync()
    {
        var result = await AskAsync();
        if (result == ProbeResult.Late && _health is not { Silent: true })
            result = await AskAsync();
        var silent = !result.Healthy && (result == ProbeResult.Late || _health is { Silent: true });
        if (_health is { } known && known.Healthy == result.Healthy && known.Silent == silent)
        {
            _health = known with { Reason = result.Reason };
            return;
        }

        var first = _health is null;
        _health = new NodeHealth(_node.Storage, result.Healthy, time.GetUtcNow(), result.Reason) { Silent = silent };
        LogChanged(_node, result.Healthy, result.Reason);
        // The first result goes to whoever asked to watch; the virtual storage reads it from the answer.
        if (!first)
            await ReportAsync(_health);
    }

    private async Task<ProbeResult> AskAsync()
    {
        using var timeout = new CancellationTokenSource(options.ProbeTimeout, time);
        try
        {
            return await gateway.ProbeAsync(_node, timeout.Token).WaitAsync(timeout.Token);
        }
        catch (Exception e)
        {
            return timeout.IsCancellationRequested ? ProbeResult.Late : new ProbeResult(false, e.Message);
        }
    }

    private async Task ReportAsync(NodeHealth health)
    {
        try
        {
            await GrainFactory.GetGrain<IVirtualStorageGrain>(_node.VirtualStorage).ReportHealthAsync(health, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The virtual storage asks again by itself from time to time.
            LogReportFailed(_node, e);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Node} is suspected: {Reason}")]
    private partial void LogSuspected(NodeKey node, string reason);

    [LoggerMessage(LogLevel.Information, "{Node} is healthy: {Healthy} {Reason}")]
    private partial void LogChanged(NodeKey node, bool healthy, string reason);

    [LoggerMessage(LogLevel.Warning, "reporting the health of {Node} failed")]
    private partial void LogReportFailed(NodeKey node, Exception exception);
}
