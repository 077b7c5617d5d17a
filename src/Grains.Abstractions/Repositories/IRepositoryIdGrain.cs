namespace Praefect.Grains.Repositories;

/// <summary>Hands out repository ids, unique over all virtual storages and never used again. One grain, key 0.</summary>
[Alias("praefect.repository-id")]
public interface IRepositoryIdGrain : IGrainWithIntegerKey
{
    /// <summary>The next id, 1 or more. Ids of creations that fail, and those of a block not used up before a crash, are never handed out again.</summary>
    Task<long> ReserveAsync(CancellationToken cancellationToken);

    /// <summary>Keeps ids up to a given one from being handed out, since somebody else has handed them out. Durable when it returns.</summary>
    /// <param name="highestTaken">Highest id in use elsewhere; lower than what was handed out here: nothing to do.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task RaiseAsync(long highestTaken, CancellationToken cancellationToken);
}
