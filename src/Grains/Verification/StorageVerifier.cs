using Microsoft.Extensions.Logging;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repositories;

namespace Praefect.Grains.Verification;

/// <summary>Has the replicas of one storage verified that were not for longest, a batch at a time. The catalogue leases them, so that nobody else does the same.</summary>
internal sealed partial class StorageVerifier(
    NodeKey node, IRepositoryCatalogue catalogue, IGrainFactory grains, GrainOptions options, VerificationMetrics metrics, TimeProvider time, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>One batch. Errors are logged; what was not verified is due again when its lease has lapsed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (options.VerificationInterval <= TimeSpan.Zero)
            return;
        try
        {
            var now = time.GetUtcNow();
            var due = await catalogue.LeaseVerificationsAsync(
                node.VirtualStorage, [node.Storage], now - options.VerificationInterval, now, options.VerificationLease, options.VerificationBatch, cancellationToken);
            if (due.Count == 0)
                return;
            metrics.Dequeued(node, due.Count);
            var verified = await Task.WhenAll(due.Select(one => VerifyAsync(one, cancellationToken)));
            // An error keeps its lease: a node in trouble is not asked for the same again and again.
            var done = due.Zip(verified).Where(static one => one.Second is not ReplicaVerification.Error).Select(static one => one.First).ToArray();
            await catalogue.ReleaseVerificationsAsync(done, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogRunFailed(node, e);
        }
    }

    private async Task<ReplicaVerification> VerifyAsync(DueVerification due, CancellationToken cancellationToken)
    {
        var result = ReplicaVerification.Error;
        try
        {
            var repository = grains.GetGrain<IRepositoryGrain>(new RepositoryKey(node.VirtualStorage, due.RelativePath).ToString());
            result = await repository.VerifyReplicaAsync(node.Storage, cancellationToken).WaitAsync(options.VerificationLease, time, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotVerified(due.RelativePath, node, e);
        }

        metrics.Completed(node, result);
        return result;
    }

    [LoggerMessage(LogLevel.Warning, "failed a background verification run of {Node}")]
    private partial void LogRunFailed(NodeKey node, Exception exception);

    [LoggerMessage(LogLevel.Warning, "failed to verify replica's existence: {RelativePath} on {Node}")]
    private partial void LogNotVerified(string relativePath, NodeKey node, Exception exception);
}
