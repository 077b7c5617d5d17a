using System.Globalization;
using Orleans;
using Orleans.Runtime;

namespace Praefect.Store;

/// <summary>
/// Orleans' reminder table over the store of a single machine. The process that holds the store's lock is the only writer, so what is in memory is
/// the table; the store makes it last.
/// </summary>
/// <param name="store">Where.</param>
public sealed class StoreReminderTable(IGrainStore store) : IReminderTable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StateKey, ReminderEntry> _entries = [];
    private long _version;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        foreach (var stored in await store.ReadRemindersAsync(cancellationToken))
        {
            lock (_gate)
            {
                _entries[stored.Key] = new ReminderEntry
                {
                    GrainId = GrainId.Create(stored.Key.GrainType, stored.Key.GrainKey),
                    ReminderName = stored.Key.Name,
                    StartAt = stored.StartAt.UtcDateTime,
                    Period = stored.Period,
                    ETag = NextVersion(),
                };
            }
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(GrainId grainId) => Select(entry => entry.GrainId == grainId);

    /// <inheritdoc/>
    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Select(entry =>
    {
        // A ring: a range whose end is not above its begin goes through zero; one with both equal is all of it.
        var hash = entry.GrainId.GetUniformHashCode();
        return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
    });

    /// <inheritdoc/>
    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName)
    {
        lock (_gate)
            return Task.FromResult(_entries.GetValueOrDefault(Key(grainId, reminderName)));
    }

    /// <inheritdoc/>
    public async Task<string?> UpsertRow(ReminderEntry entry)
    {
        var key = Key(entry.GrainId, entry.ReminderName);
        var start = new DateTimeOffset(DateTime.SpecifyKind(entry.StartAt, DateTimeKind.Utc));
        await store.WriteReminderAsync(new StoredReminder(key, start, entry.Period), CancellationToken.None);
        lock (_gate)
        {
            entry.ETag = NextVersion();
            _entries[key] = entry;
            return entry.ETag;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag)
    {
        var key = Key(grainId, reminderName);
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) || !string.Equals(entry.ETag, eTag, StringComparison.Ordinal))
                return false;
        }

        await store.DeleteReminderAsync(key, CancellationToken.None);
        lock (_gate)
            _entries.Remove(key);
        return true;
    }

    /// <inheritdoc/>
    public async Task TestOnlyClearTable()
    {
        List<StateKey> keys;
        lock (_gate)
        {
            keys = [.. _entries.Keys];
            _entries.Clear();
        }

        foreach (var key in keys)
            await store.DeleteReminderAsync(key, CancellationToken.None);
    }

    private static StateKey Key(GrainId grain, string name) => new(grain.Type.ToString()!, grain.Key.ToString()!, name);

    private Task<ReminderTableData> Select(Func<ReminderEntry, bool> wanted)
    {
        lock (_gate)
            return Task.FromResult(new ReminderTableData(_entries.Values.Where(wanted).ToList()));
    }

    private string NextVersion() => (++_version).ToString(CultureInfo.InvariantCulture);
}
