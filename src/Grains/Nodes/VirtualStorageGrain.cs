using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Nodes;

/// <summary>Gathers the health of one virtual storage's nodes and tells its subscribers. Reentrant, since nodes report while it asks them.</summary>
[Orleans.Concurrency.Reentrant]
public sealed partial class VirtualStorageGrain(
    GrainOptions options, INodeDirectory directory, TimeProvider time, ILogger<VirtualStorageGrain> logger) : Grain, IVirtualStorageGrain
{
    private const int FirstAttempts = 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    private readonly ILogger<VirtualStorageGrain> _logger = logger;
    private readonly Dictionary<IVirtualStorageObserver, Subscription> _subscriptions = [];
    private VirtualStorageView? _view;
    private VirtualStorageOptions? _configured;
    private Task? _watching;
    private IGrainTimer? _timer;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var name = this.GetPrimaryKeyString();
        _configured = options.VirtualStorages.FirstOrDefault(v => string.Equals(v.Name, name, StringComparison.Ordinal));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _timer?.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<VirtualStorageView> GetAsync(CancellationToken cancellationToken)
    {
        if (_configured is null)
            throw new RouteException(RouteFailure.VirtualStorageNotFound, "virtual storage does not exist");
        // Nothing is served before each node was probed once.
        if (_view is null)
            await (_watching ??= StartAsync()).WaitAsync(cancellationToken);
        return _view!;
    }

    /// <inheritdoc/>
    public async Task<VirtualStorageView> SubscribeAsync(IVirtualStorageObserver observer, CancellationToken cancellationToken)
    {
        var view = await GetAsync(cancellationToken);
        if (!_subscriptions.TryGetValue(observer, out var subscription))
            _subscriptions.Add(observer, subscription = new Subscription(observer));
        subscription.Until = time.GetUtcNow() + options.SubscriptionLifetime;
        return _view ?? view;
    }

    /// <inheritdoc/>
    public Task ReportHealthAsync(NodeHealth health, CancellationToken cancellationToken)
    {
        if (_view is not null)
            Take([health]);
        return Task.CompletedTask;
    }

    private async Task StartAsync()
    {
        ImmutableArray<NodeHealth> nodes = [.. await Task.WhenAll(_configured!.Storages.Select(AskFirstAsync))];
        _view = new VirtualStorageView(_configured!.Name, time.GetUtcNow().UtcTicks, 1, _configured.DefaultReplicationFactor, nodes);
        // Asking again brings back nodes whose silo went away, and health whose report was lost.
        _timer = this.RegisterGrainTimer(
            static (grain, _) => grain.AskAgainAsync(),
            this,
            new GrainTimerCreationOptions(options.DirectoryRefresh, options.DirectoryRefresh) { KeepAlive = true, Interleave = true });
    }

    private async Task AskAgainAsync() => Take(await AskAllAsync());

    private async Task<ImmutableArray<NodeHealth>> AskAllAsync() => [.. await Task.WhenAll(_configured!.Storages.Select(AskAsync))];

    private async Task<NodeHealth> AskAsync(string storage)
    {
        try
        {
            return await AskOnceAsync(storage);
        }
        catch (Exception e)
        {
            LogWatchFailed(_configured!.Name, storage, e);
            return Known(storage, e);
        }
    }

    /// <summary>
    /// Begins to watch a node. That its grain cannot be reached (its silo dies or stops, most likely together with the one that had this grain) says nothing about
    /// the node: what this process last heard of it counts meanwhile, and where it heard nothing yet, the grain is asked again for some seconds.
    /// </summary>
    private async Task<NodeHealth> AskFirstAsync(string storage)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AskOnceAsync(storage);
            }
            catch (Exception e)
            {
                LogWatchFailed(_configured!.Name, storage, e);
                if (attempt == FirstAttempts || directory.Find(_configured.Name) is not null)
                    return Known(storage, e);
                await Task.Delay(FirstPause, time);
            }
        }
    }

    private Task<NodeHealth> AskOnceAsync(string storage) =>
        GrainFactory.GetGrain<IStorageNodeGrain>(new NodeKey(_configured!.Name, storage).ToString()).WatchAsync(CancellationToken.None);

    private NodeHealth Known(string storage, Exception e) =>
        (_view ?? directory.Find(_configured!.Name))?.Nodes.FirstOrDefault(n => string.Equals(n.Storage, storage, StringComparison.Ordinal))
        ?? new NodeHealth(storage, false, time.GetUtcNow(), e.Message);

    private void Take(ImmutableArray<NodeHealth> reports)
    {
        var nodes = _view!.Nodes;
        foreach (var report in reports)
        {
            // A report that was overtaken by a newer one says nothing any more.
            if (nodes.FirstOrDefault(n => string.Equals(n.Storage, report.Storage, StringComparison.Ordinal)) is { } known && known.Since < report.Since)
                nodes = nodes.Replace(known, report);
        }

        if (nodes == _view.Nodes)
            return;
        _view = _view with { Version = _view.Version + 1, Nodes = nodes };
        Notify();
    }

    private void Notify()
    {
        var now = time.GetUtcNow();
        foreach (var gone in _subscriptions.Where(s => s.Value.Until <= now).Select(s => s.Key).ToArray())
            _subscriptions.Remove(gone);
        foreach (var subscription in _subscriptions.Values)
            subscription.Send(_view!, LogNoticeFailed);
    }

    [LoggerMessage(LogLevel.Warning, "watching storage {Storage} of {VirtualStorage} failed")]
    private partial void LogWatchFailed(string virtualStorage, string storage, Exception exception);

    [LoggerMessage(LogLevel.Information, "a subscriber did not take a notice; it is told again with the next change")]
    private partial void LogNoticeFailed(Exception exception);

    /// <summary>One subscriber. At most one notice is on its way; changes meanwhile leave only the newest snapshot waiting, so that a slow one holds nobody up.</summary>
    private sealed class Subscription(IVirtualStorageObserver observer)
    {
        private VirtualStorageView? _next;
        private Task _sending = Task.CompletedTask;

        public DateTimeOffset Until { get; set; }

        public void Send(VirtualStorageView view, Action<Exception> failed)
        {
            _next = view;
            if (_sending.IsCompleted)
                _sending = SendAsync(failed);
        }

        private async Task SendAsync(Action<Exception> failed)
        {
            while (_next is { } view)
            {
                _next = null;
                try
                {
                    await observer.ChangedAsync(view);
                }
                catch (Exception e)
                {
                    failed(e);
                }
            }
        }
    }
}
