namespace Praefect.Grains.Nodes;

/// <summary>Remembers when a storage was last searched for repositories without a record, whichever silo did it. Key: <see cref="NodeKey"/>.</summary>
[Alias("praefect.storage-walk")]
public interface IStorageWalkGrain : IGrainWithStringKey
{
    /// <summary>When the last search ended (UTC); null: never.</summary>
    Task<DateTimeOffset?> LastAsync(CancellationToken cancellationToken);

    /// <summary>A search has ended.</summary>
    /// <param name="at">When (UTC).</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task EndedAsync(DateTimeOffset at, CancellationToken cancellationToken);
}
