
namespace Praefect.Store;

/// <summary>Names one state, or one reminder, of one grain.</summary>
/// <param name="GrainType">The grain's type, in the runtime's short form.</param>
/// <param name="GrainKey">The grain's key within its type.</param>
/// <param name="Name">The state within the grain.</param>
public readonly record struct StateKey(string GrainType, string GrainKey, string Name)
{
    /// <summary>The form in messages.</summary>
    public override string ToString() => $"state '{Name}' of {GrainType}/{GrainKey}";
}

/// <summary>A state as it is stored.</summary>
/// <param name="Json">The state; null after it was cleared.</param>
/// <param name="Version">Grows by one with every write, cleared or not; never repeats.</param>
public sealed record StoredState(string? Json, long Version);

/// <summary>A reminder as it is stored.</summary>
/// <param name="Key">The grain that is reminded, and the reminder's name within it.</param>
/// <param name="StartAt">The first tick; all others are whole periods later. Whole milliseconds.</param>
/// <param name="Period">Between ticks. Whole milliseconds.</param>
public sealed record StoredReminder(StateKey Key, DateTimeOffset StartAt, TimeSpan Period);

/// <summary>
/// Where grain state and reminders live. One process at a time: opening takes an exclusive lock that the operating system
/// releases when the process dies. Whatever was acknowledged survives that. Safe for any number of callers at once.
/// </summary>
public interface IGrainStore : IAsyncDisposable
{
    /// <summary>Takes the lock and creates what is missing.</summary>
    /// <exception cref="StoreLockedException">Another process has the store open.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>The state; null when it was never written.</summary>
    Task<StoredState?> ReadStateAsync(StateKey key, CancellationToken cancellationToken);

    /// <summary>Writes and returns the new version. Once the write was handed over it is not cancelled.</summary>
    /// <param name="key">Which state.</param>
    /// <param name="json">The state.</param>
    /// <param name="expectedVersion">The version that was read; null when there was none.</param>
    /// <param name="cancellationToken">Ends the wait for a place in the queue.</param>
    /// <exception cref="StoreConflictException">The store holds another version.</exception>
    Task<long> WriteStateAsync(StateKey key, string json, long? expectedVersion, CancellationToken cancellationToken);

    /// <summary>Empties the state and returns the new version.</summary>
    /// <exception cref="StoreConflictException">The store holds another version.</exception>
    Task<long> ClearStateAsync(StateKey key, long expectedVersion, CancellationToken cancellationToken);

    /// <summary>All reminders.</summary>
    Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken);

    /// <summary>Adds or replaces a reminder.</summary>
    Task WriteReminderAsync(StoredReminder reminder, CancellationToken cancellationToken);

    /// <summary>Removes a reminder, if it is there.</summary>
    Task DeleteReminderAsync(StateKey key, CancellationToken cancellationToken);
}
