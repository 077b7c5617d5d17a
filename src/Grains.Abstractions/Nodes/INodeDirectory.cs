namespace Praefect.Grains.Nodes;

/// <summary>The configured virtual storages with the health of their storages, as this process last heard. Reading it costs no call.</summary>
public interface INodeDirectory
{
    /// <summary>Raised after a snapshot was replaced, on the thread that brought it: handlers must be quick and must not throw.</summary>
    event Action<VirtualStorageView>? Changed;

    /// <summary>Grows by one with every snapshot that replaced another.</summary>
    long Version { get; }

    /// <summary>The latest snapshot; null when the virtual storage is not configured (or, before start has ended, not known yet).</summary>
    VirtualStorageView? Find(string virtualStorage);
}
