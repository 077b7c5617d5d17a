namespace Praefect.Grains.Nodes;

/// <summary>One storage node: probes it, takes in what callers saw of it, and tells its virtual storage when its health changes. Key: <see cref="NodeKey"/>.</summary>
[Alias("praefect.storage-node")]
public interface IStorageNodeGrain : IGrainWithStringKey
{
    /// <summary>Starts probing, if that has not been done yet, and answers with the node's health as known now.</summary>
    Task<NodeHealth> WatchAsync(CancellationToken cancellationToken);

    /// <summary>A gateway lost its connection to the node or could not make one. The node is probed at once; the probe decides.</summary>
    /// <param name="reason">What the gateway saw, for logs and <see cref="NodeHealth.Reason"/>.</param>
    Task SuspectAsync(string reason, CancellationToken cancellationToken);
}
