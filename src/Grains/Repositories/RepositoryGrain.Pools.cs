using Microsoft.Extensions.Logging;
using Praefect.Grains.Nodes;
using Praefect.Grains.Repair;

namespace Praefect.Grains.Repositories;

/// <content>Object pools: a copy is linked to the pool that its source is linked to.</content>
public sealed partial class RepositoryGrain
{
    // The pool is a repository of its own, repaired by its own grain: whoever links to it comes after it. Right after the pool was created only the primary has it,
    // so this is looked at before anything is copied, and costs two small questions a try.
    private async Task<PoolLink> PoolForAsync(NodeKey target, NodeKey source, string path, RepairBackoff backoff, CancellationToken cancellationToken)
    {
        if (await _gateway.PoolOfAsync(source, path, cancellationToken).WaitAsync(cancellationToken) is not { } pool)
            return default;
        if (await _gateway.ExistsAsync(target, pool, cancellationToken).WaitAsync(cancellationToken))
            return new PoolLink(pool, Awaited: false);
        if (backoff.TryWait(_time.GetUtcNow()))
            return new PoolLink(pool, Awaited: true);
        // A copy has all objects of its own: without the link it takes more space, but a replica that never gets level is worse.
        LogPoolMissing(_key, target.Storage, pool);
        return default;
    }

    private readonly record struct PoolLink(string? Path, bool Awaited);

    [LoggerMessage(LogLevel.Warning, "{Storage} has no object pool {Pool}, to which {Repository} is linked elsewhere; its copy there is not linked")]
    private partial void LogPoolMissing(RepositoryKey repository, string storage, string pool);
}
