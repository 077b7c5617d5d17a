using Microsoft.Extensions.Logging;
using Praefect.Grains.Repair;
using Praefect.Grains.Untracked;
using Praefect.Grains.Verification;

namespace Praefect.Grains.Nodes;

/// <content>
/// What is recorded of the storage: verified against its disk, and searched for repositories that are to be copied to it; and its disk, searched for what is not
/// recorded. All only while the node is healthy.
/// A reminder brings the grain back wherever it is lost, although nobody may be asking for the node.
/// </content>
public sealed partial class StorageNodeGrain
{
    private const string RecordsReminder = "records";
    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    // After a start the nodes' health is to be known, and the first calls are to be served, before anything is searched.
    private static readonly TimeSpan FirstSearch = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NextSearch = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _ending = new();
    private IGrainTimer? _recordsTimer;
    private StorageVerifier? _verifier;
    private StorageReconciler? _reconciler;
    private UntrackedSearch? _untracked;
    private Task _verifying = Task.CompletedTask;
    private Task _searching = Task.CompletedTask;
    private Task _walking = Task.CompletedTask;
    private DateTimeOffset _nextSearch;
    private DateTimeOffset _nextWalk;
    private bool _reminded;

    /// <inheritdoc/>
    public void Dispose() => _ending.Dispose();

    /// <inheritdoc/>
    public Task ReceiveReminder(string reminderName, TickStatus status)
    {
        _reminded = true;
        return WatchAsync(CancellationToken.None);
    }

    private void WatchRecords()
    {
        if (_recordsTimer is not null)
            return;
        _verifier = new StorageVerifier(_node, catalogue, GrainFactory, options, verificationMetrics, time, _logger);
        _reconciler = new StorageReconciler(_node, catalogue, GrainFactory, directory, options, time, _logger);
        _nextSearch = time.GetUtcNow() + Shorter(FirstSearch, options.ReconciliationInterval);
        _untracked = new UntrackedSearch(_node, gateway, catalogue, GrainFactory, options, time, _logger);
        _nextWalk = options.WalkInterval > TimeSpan.Zero ? time.GetUtcNow() + Shorter(FirstSearch, options.WalkCheckInterval) : DateTimeOffset.MaxValue;
        _recordsTimer = this.RegisterGrainTimer(
            static (grain, _) => grain.KeepRecordsAsync(),
            this,
            new GrainTimerCreationOptions(options.VerificationPeriod, options.VerificationPeriod) { KeepAlive = true, Interleave = true });
    }

    private async Task KeepRecordsAsync()
    {
        await RemindAsync();
        if (_health is not { Healthy: true } || _ending.IsCancellationRequested)
            return;
        if (_verifying.IsCompleted)
            _verifying = _verifier!.RunAsync(_ending.Token);
        if (_searching.IsCompleted && _nextSearch <= time.GetUtcNow())
            _searching = SearchAsync();
        if (_walking.IsCompleted && _nextWalk <= time.GetUtcNow())
            _walking = WalkAsync();
    }

    private async Task WalkAsync()
    {
        await _untracked!.RunIfDueAsync(_ending.Token);
        _nextWalk = time.GetUtcNow() + options.WalkCheckInterval;
    }

    private async Task SearchAsync()
    {
        var more = await _reconciler!.RunAsync(_ending.Token);
        _nextSearch = time.GetUtcNow() + (more ? Shorter(NextSearch, options.ReconciliationInterval) : options.ReconciliationInterval);
    }

    private async Task RemindAsync()
    {
        if (_reminded)
            return;
        try
        {
            await this.RegisterOrUpdateReminder(RecordsReminder, ReminderPeriod, ReminderPeriod);
            _reminded = true;
        }
        catch (Exception e)
        {
            LogNotReminded(_node, e);
        }
    }

    private async Task StopRecordsAsync()
    {
        _recordsTimer?.Dispose();
        await _ending.CancelAsync();
        await Task.WhenAll(_verifying, _searching, _walking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(LogLevel.Warning, "the reminder of {Node} could not be set; it is tried again")]
    private partial void LogNotReminded(NodeKey node, Exception exception);
}
