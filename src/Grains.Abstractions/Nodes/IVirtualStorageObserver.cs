namespace Praefect.Grains.Nodes;

/// <summary>Receives the snapshots of a virtual storage as they change.</summary>
[Alias("praefect.virtual-storage-observer")]
public interface IVirtualStorageObserver : IGrainObserver
{
    /// <summary>A newer snapshot. May arrive late or twice: compare <see cref="VirtualStorageView.Epoch"/> and <see cref="VirtualStorageView.Version"/>.</summary>
    Task ChangedAsync(VirtualStorageView view);
}
