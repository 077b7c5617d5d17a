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

    private async Task TakeBlockAsync()
    {
        var first = state.State.ReservedUpTo + 1;
        state.State = new RepositoryIdRecord { ReservedUpTo = first + BlockSize - 1 };
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

        (_next, _last) = (first, first + BlockSize - 1);
    }
}
