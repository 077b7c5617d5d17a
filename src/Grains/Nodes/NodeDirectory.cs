using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Praefect.Grains.Nodes;

/// <summary>
/// The process-local <see cref="INodeDirectory"/>: subscribes to every configured virtual storage and refreshes from time to time in case a notice was lost.
/// Keeps the last snapshots when the grains cannot be reached.
/// </summary>
public sealed partial class NodeDirectory : INodeDirectory, IVirtualStorageObserver, IAsyncDisposable
{
    // A call that went to a silo as it died gets no answer; the next one goes elsewhere.
    private static readonly TimeSpan RefreshMax = TimeSpan.FromSeconds(3);

    // Since when.
    private readonly ConcurrentDictionary<string, long> _unreachable = new(StringComparer.Ordinal);
    private readonly IGrainFactory _grains;
    private readonly GrainOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeDirectory> _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private ImmutableDictionary<string, VirtualStorageView> _views = ImmutableDictionary.Create<string, VirtualStorageView>(StringComparer.Ordinal);
    private IVirtualStorageObserver? _self;
    private Task _refreshing = Task.CompletedTask;
    private long _version;
    private int _disposed;

    /// <summary>A directory that knows nothing until it is started.</summary>
    public NodeDirectory(IGrainFactory grains, GrainOptions options, TimeProvider time, ILogger<NodeDirectory> logger)
    {
        _grains = grains;
        _options = options;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public event Action<VirtualStorageView>? Changed;

    /// <inheritdoc/>
    public long Version => Interlocked.Read(ref _version);

    /// <inheritdoc/>
    public VirtualStorageView? Find(string virtualStorage) => Volatile.Read(ref _views).GetValueOrDefault(virtualStorage);

    /// <summary>
    /// Whether the snapshots are new enough to serve by. One refresh that failed says little: when a silo dies, all processes meet the same silence at the same time,
    /// and a load balancer that believed them would leave none.
    /// </summary>
    public bool Current => _unreachable.Values.All(since => _time.GetElapsedTime(since) < Patience);

    // As long as a refresh that fails in the end, and another one.
    private TimeSpan Patience => 2 * (_options.DirectoryRefresh + RefreshMax);

    /// <summary>Subscribes everywhere; ends when every virtual storage has given its first snapshot, which it does after probing its nodes once.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _self ??= _grains.CreateObjectReference<IVirtualStorageObserver>(this);
        await Task.WhenAll(_options.VirtualStorages.Select(v => SubscribeAsync(v.Name, cancellationToken)));
        _refreshing = RefreshAsync(_stopping.Token);
    }

    /// <summary>Ends the refreshing. Subscriptions run out by themselves.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _refreshing.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task ChangedAsync(VirtualStorageView view)
    {
        Take(view);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The container knows it under two types and disposes it for each.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    private async Task SubscribeAsync(string virtualStorage, CancellationToken cancellationToken)
    {
        var grain = _grains.GetGrain<IVirtualStorageGrain>(virtualStorage);
        Take(await grain.SubscribeAsync(_self!, cancellationToken).WaitAsync(cancellationToken));
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_options.DirectoryRefresh, _time, cancellationToken);
                await Task.WhenAll(_options.VirtualStorages.Select(v => RefreshAsync(v.Name, cancellationToken)));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task RefreshAsync(string virtualStorage, CancellationToken cancellationToken)
    {
        try
        {
            await SubscribeAsync(virtualStorage, cancellationToken).WaitAsync(RefreshMax, _time, cancellationToken);
            _unreachable.TryRemove(virtualStorage, out _);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _unreachable.TryAdd(virtualStorage, _time.GetTimestamp());
            LogRefreshFailed(virtualStorage, e);
        }
    }

    private void Take(VirtualStorageView view)
    {
        lock (_gate)
        {
            // Notices overtake each other, and an old activation may still speak after a new one.
            if (_views.TryGetValue(view.Name, out var known) && (known.Epoch, known.Version).CompareTo((view.Epoch, view.Version)) >= 0)
                return;
            Volatile.Write(ref _views, _views.SetItem(view.Name, view));
            Interlocked.Increment(ref _version);
        }

        Changed?.Invoke(view);
    }

    [LoggerMessage(LogLevel.Warning, "refreshing virtual storage {VirtualStorage} failed; its last snapshot stays in use")]
    private partial void LogRefreshFailed(string virtualStorage, Exception exception);
}
