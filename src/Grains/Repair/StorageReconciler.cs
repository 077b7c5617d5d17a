using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;

namespace Praefect.Grains.Repair;

/// <summary>
/// Sets repositories to work that have to get a copy onto one storage and of which no grain may know: after a storage was added to the configuration, or a record
/// was changed from outside. Whoever already works on it is merely told to try at once.
/// </summary>
internal sealed partial class StorageReconciler(
    NodeKey node, IRepositoryCatalogue catalogue, IGrainFactory grains, INodeDirectory directory, GrainOptions options, TimeProvider time, ILogger logger)
{
    // Enough to keep a node busy; a repository that does not answer holds up few others.
    private const int Parallel = 8;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly ILogger _logger = logger;
    private HashSet<long> _last = [];

    /// <summary>One search.</summary>
    /// <returns>Whether there was more than one search sets to work.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (options.ReconciliationInterval == TimeSpan.Zero || directory.Find(node.VirtualStorage) is not { } view)
            return false;
        try
        {
            var behind = await FindAsync(view, cancellationToken);
            // Those of the last search make room: what cannot be copied must not hide the rest.
            _last = [.. behind.Select(static one => one.RepositoryId)];
            foreach (var some in behind.Chunk(Parallel))
                await Task.WhenAll(some.Select(one => WakeAsync(one.RelativePath, cancellationToken)));
            if (behind.Count > 0)
                LogWoken(behind.Count, node);
            return behind.Count == options.ReconciliationBatch;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(node, e);
            return false;
        }
    }

    private async Task<IReadOnlyList<DatalossEntry>> FindAsync(VirtualStorageView view, CancellationToken cancellationToken)
    {
        var configured = view.Nodes.Select(static n => n.Storage).ToArray();
        var healthy = view.Nodes.Where(static n => n.Healthy).Select(static n => n.Storage).ToArray();
        var found = new List<DatalossEntry>();
        await foreach (var entry in catalogue.DatalossAsync(node.VirtualStorage, configured, healthy, includePartial: true, cancellationToken))
        {
            // Without a live source there is nothing to do.
            if (!entry.Unavailable && entry.Replicas.Any(IsHere) && !_last.Contains(entry.RepositoryId))
                found.Add(entry);
            if (found.Count == options.ReconciliationBatch)
                break;
        }

        return found;

        bool IsHere(DatalossReplica replica) =>
            replica is { Assigned: true, BehindBy: > 0 } && string.Equals(replica.Storage, node.Storage, StringComparison.Ordinal);
    }

    private async Task WakeAsync(string relativePath, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<IRepositoryGrain>(new RepositoryKey(node.VirtualStorage, relativePath).ToString())
                .RepairAsync(cancellationToken).WaitAsync(s_patience, time, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotWoken(relativePath, node, e);
        }
    }

    [LoggerMessage(LogLevel.Information, "reconciliation jobs scheduled: {Count} repositories are to be copied to {Node}")]
    private partial void LogWoken(int count, NodeKey node);

    [LoggerMessage(LogLevel.Warning, "{RelativePath} could not be told to copy itself to {Node}")]
    private partial void LogNotWoken(string relativePath, NodeKey node, Exception exception);

    [LoggerMessage(LogLevel.Warning, "the search for repositories to be copied to {Node} failed; it is repeated")]
    private partial void LogFailed(NodeKey node, Exception exception);
}
