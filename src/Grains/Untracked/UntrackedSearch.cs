using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;

namespace Praefect.Grains.Untracked;

/// <summary>
/// Walks a storage's disk and logs the repositories that nobody has a record of. It deletes nothing: what to do with them is a person's decision. The storage's own
/// grain runs it, so that one process of the whole cluster walks a disk at a time.
/// </summary>
internal sealed partial class UntrackedSearch(
    NodeKey node, INodeGateway gateway, IRepositoryCatalogue catalogue, IGrainFactory grains, GrainOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Younger repositories may be on their way into a record.</summary>
    public static readonly TimeSpan LeastAge = TimeSpan.FromHours(24);

    private readonly ILogger _logger = logger;

    /// <summary>One search, if the last one is long enough ago. A search that failed counts, so that a node in trouble is not walked over and over.</summary>
    public async Task RunIfDueAsync(CancellationToken cancellationToken)
    {
        try
        {
            var walks = grains.GetGrain<IStorageWalkGrain>(node.ToString());
            if (await walks.LastAsync(cancellationToken) is { } last && time.GetUtcNow() - last < options.WalkInterval)
                return;
            await RunAsync(cancellationToken);
            await walks.EndedAsync(time.GetUtcNow(), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotNoted(node.VirtualStorage, node.Storage, e);
        }
    }

    /// <summary>One search.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        LogStarted(node.VirtualStorage, node.Storage);
        try
        {
            var untracked = await WalkAsync(cancellationToken);
            LogCompleted(node.VirtualStorage, node.Storage, untracked);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(node.VirtualStorage, node.Storage, e);
        }
    }

    private async Task<long> WalkAsync(CancellationToken cancellationToken)
    {
        var changedBefore = time.GetUtcNow() - LeastAge;
        var batch = new List<string>(options.WalkBatch);
        var untracked = 0L;
        await foreach (var found in gateway.WalkAsync(node, cancellationToken).WithCancellation(cancellationToken))
        {
            if (found.ChangedAt > changedBefore)
                continue;
            batch.Add(found.ReplicaPath);
            if (batch.Count < options.WalkBatch)
                continue;
            untracked += await ReportAsync(batch, cancellationToken);
            batch.Clear();
        }

        return batch.Count > 0 ? untracked + await ReportAsync(batch, cancellationToken) : untracked;
    }

    private async Task<int> ReportAsync(List<string> replicaPaths, CancellationToken cancellationToken)
    {
        var known = await catalogue.KnownReplicaPathsAsync(node.VirtualStorage, node.Storage, replicaPaths, cancellationToken);
        var untracked = replicaPaths.Where(path => !known.Contains(path)).ToArray();
        foreach (var path in untracked)
            LogUntracked(path, node.VirtualStorage, node.Storage);
        return untracked.Length;
    }

    [LoggerMessage(LogLevel.Information, "started: search of {VirtualStorage}/{Storage} for repositories without a record")]
    private partial void LogStarted(string virtualStorage, string storage);

    [LoggerMessage(LogLevel.Information, "completed: search of {VirtualStorage}/{Storage} for repositories without a record found {Untracked}")]
    private partial void LogCompleted(string virtualStorage, string storage, long untracked);

    [LoggerMessage(LogLevel.Warning, "repository is not managed by praefect: {RelativeReplicaPath} on {VirtualStorage}/{Storage}")]
    private partial void LogUntracked(string relativeReplicaPath, string virtualStorage, string storage);

    [LoggerMessage(LogLevel.Warning, "the search of {VirtualStorage}/{Storage} for repositories without a record failed")]
    private partial void LogFailed(string virtualStorage, string storage, Exception exception);

    [LoggerMessage(LogLevel.Warning, "when {VirtualStorage}/{Storage} was searched for repositories without a record could not be read or stored; it is searched again")]
    private partial void LogNotNoted(string virtualStorage, string storage, Exception exception);
}
