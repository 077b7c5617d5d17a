namespace Praefect.Grains.Nodes;

/// <summary>One virtual storage: knows its configured storages, gathers their health, and pushes every change to whoever subscribed. Key: its name.</summary>
[Alias("praefect.virtual-storage")]
public interface IVirtualStorageGrain : IGrainWithStringKey
{
    /// <summary>The snapshot as of now. Also sees to it that every configured storage is being watched.</summary>
    /// <exception cref="Routing.RouteException"><see cref="Routing.RouteFailure.VirtualStorageNotFound"/>: not configured.</exception>
    Task<VirtualStorageView> GetAsync(CancellationToken cancellationToken);

    /// <summary>Subscribes an observer for some minutes (repeat to stay subscribed) and answers with the snapshot as of now.</summary>
    Task<VirtualStorageView> SubscribeAsync(IVirtualStorageObserver observer, CancellationToken cancellationToken);

    /// <summary>A storage node's health changed; called by its <see cref="IStorageNodeGrain"/>.</summary>
    Task ReportHealthAsync(NodeHealth health, CancellationToken cancellationToken);
}
