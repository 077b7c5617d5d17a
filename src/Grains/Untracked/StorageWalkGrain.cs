using Praefect.Grains.Nodes;

namespace Praefect.Grains.Untracked;

/// <summary>What is stored of the searches of a storage.</summary>
[GenerateSerializer]
[Alias("praefect.storage-walk-record")]
public sealed record StorageWalkRecord
{
    /// <summary>When the last one ended (UTC); null: never.</summary>
    [Id(0)]
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>Apart from the storage's own grain, which must know its node's health even while the store is down.</summary>
public sealed class StorageWalkGrain(
    [PersistentState("storage-walk", GrainOptions.StorageProvider)] IPersistentState<StorageWalkRecord> state) : Grain, IStorageWalkGrain
{
    /// <inheritdoc/>
    public Task<DateTimeOffset?> LastAsync(CancellationToken cancellationToken) => Task.FromResult(state.State?.EndedAt);

    /// <inheritdoc/>
    public Task EndedAsync(DateTimeOffset at, CancellationToken cancellationToken) => RecordAsync(at);

    private async Task RecordAsync(DateTimeOffset at)
    {
        state.State = new StorageWalkRecord { EndedAt = at };
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // What the store holds is unknown: it is read again.
            DeactivateOnIdle();
            throw;
        }
    }
}
