namespace Praefect.Grains.Repositories;

/// <summary>What is stored of the ids handed out.</summary>
[GenerateSerializer]
[Alias("praefect.repository-id-record")]
public sealed record RepositoryIdRecord
{
    /// <summary>Highest id of the last block that was taken; ids up to it may be in use.</summary>
    [Id(0)]
    public long ReservedUpTo { get; init; }
}

/// <summary>Hands out ids from blocks: a block is recorded as used up before its first id is handed out, so that no crash can bring one back.</summary>
public sealed class RepositoryIdGrain(
    [PersistentState("repository-id", GrainOptions.StorageProvider)] IPersistentState<RepositoryIdRecord> state) : Grain, IRepositoryIdGrain
{
    private const long BlockSize = 100;
    private long _next = 1;
    private long _last;

    /// <inheritdoc/>
    public async Task<long> ReserveAsync(CancellationToken cancellationToken)
    {
        if (_next > _last)
            await TakeBlockAsync();
        return _next++;
    }

    /// <inheritdoc/>
    public async Task RaiseAsync(long highestTaken, CancellationToken cancellationToken)
    {
        if (highestTaken < _next)
            return;
        if (highestTaken < _last)
        {
            // Within the block that is recorded already: what is left of it is still free.
            _next = highestTaken + 1;
            return;
        }

        if (highestTaken > state.State.ReservedUpTo)
            await RecordAsync(highestTaken);
        (_next, _last) = (1, 0);
    }

    private async Task TakeBlockAsync()
    {
        var first = state.State.ReservedUpTo + 1;
        await RecordAsync(first + BlockSize - 1);
        (_next, _last) = (first, first + BlockSize - 1);
    }

    private async Task RecordAsync(long reservedUpTo)
    {
        state.State = new RepositoryIdRecord { ReservedUpTo = reservedUpTo };
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Whether the block was recorded is unknown: read again before anything is handed out.
            DeactivateOnIdle();
            throw;
        }
    }
}
