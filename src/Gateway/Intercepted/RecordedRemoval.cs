using Praefect.Gateway.Accessors;
using Praefect.Gateway.Grains;
using Praefect.Grains.Repositories;

namespace Praefect.Gateway.Intercepted;

/// <summary>Removes a repository: the record first, then what is on the disks. Once the record is gone the repository is gone.</summary>
internal sealed class RecordedRemoval(IGatewayGrains grains, RouteMemory routes, GatewayOptions options, TimeProvider time)
{
    /// <param name="key">The repository.</param>
    /// <param name="delete">
    /// Deletes a replica: storage and replica path. Never throws, and ends within <see cref="GatewayOptions.RemoveTimeout"/>, whether the caller waits or not: the
    /// record is gone, so what can be cleaned up is.
    /// </param>
    /// <param name="cancellationToken">The caller is gone.</param>
    /// <returns>False: there was no record.</returns>
    public async Task<bool> RunAsync(RepositoryKey key, Func<string, string, Task> delete, CancellationToken cancellationToken)
    {
        // Not repeated: a first attempt that did its work would turn the second one's answer into "does not exist".
        var removed = await grains.Repository(key).RemoveAsync(cancellationToken).WaitAsync(options.FinishTimeout, time, cancellationToken);
        routes.Forget(key);
        if (removed is null)
            return false;
        await Task.WhenAll(removed.Storages.Select(storage => delete(storage, removed.ReplicaPath)));
        return true;
    }
}
