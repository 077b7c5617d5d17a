
namespace Praefect.Store;

/// <summary>A store that dies with its object. Opened again by another runtime it still holds everything, as a database would.</summary>
public sealed class MemoryStore : IGrainStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StateKey, StoredState> _states = [];
    private readonly Dictionary<StateKey, StoredReminder> _reminders = [];

    /// <inheritdoc/>
    public CancellationToken Lost => CancellationToken.None;

    /// <inheritdoc/>
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<StoredState?> ReadStateAsync(StateKey key, CancellationToken cancellationToken)
    {
        lock (_gate) return Task.FromResult(_states.GetValueOrDefault(key));
    }

    /// <inheritdoc/>
    public Task<long> WriteStateAsync(StateKey key, string json, long? expectedVersion, CancellationToken cancellationToken) =>
        Replace(key, json, expectedVersion);

    /// <inheritdoc/>
    public Task<long> ClearStateAsync(StateKey key, long expectedVersion, CancellationToken cancellationToken) => Replace(key, null, expectedVersion);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken)
    {
        lock (_gate) return Task.FromResult<IReadOnlyList<StoredReminder>>([.. _reminders.Values]);
    }

    /// <inheritdoc/>
    public Task WriteReminderAsync(StoredReminder reminder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        lock (_gate) _reminders[reminder.Key] = reminder;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DeleteReminderAsync(StateKey key, CancellationToken cancellationToken)
    {
        lock (_gate) _reminders.Remove(key);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<long> Replace(StateKey key, string? json, long? expected)
    {
        lock (_gate)
        {
            var stored = _states.GetValueOrDefault(key)?.Version;
            if (stored != expected) return Task.FromException<long>(new StoreConflictException(key, expected, stored));
            var version = (stored ?? 0) + 1;
            _states[key] = new StoredState(json, version);
            return Task.FromResult(version);
        }
    }
}
