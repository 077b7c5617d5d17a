using Npgsql;
using NpgsqlTypes;

namespace Praefect.Store;

/// <summary>A Postgres database, through prepared statements on the connections of the data source that is handed in (and stays its owner's).</summary>
/// <param name="dataSource">The database; its search path decides the schema.</param>
/// <param name="options">How.</param>
public sealed class PostgresStore(NpgsqlDataSource dataSource, PostgresStoreOptions options) : IGrainStore
{
    private const string StateRow = "grain_type = $1 AND grain_key = $2 AND state_name = $3";

    private PostgresLock? _lock;

    /// <inheritdoc/>
    public CancellationToken Lost => _lock?.Lost ?? CancellationToken.None;

    /// <inheritdoc/>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _lock = await PostgresLock.TakeAsync(dataSource, options.LockCheckPeriod, cancellationToken);
        try
        {
            await PostgresSchema.CreateAsync(dataSource, options, cancellationToken);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<StoredState?> ReadStateAsync(StateKey key, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = await PrepareAsync(connection, "read", $"SELECT payload, etag FROM grain_state WHERE {StateRow}", Key(key), cancellationToken);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        return new StoredState(await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetString(0), reader.GetInt64(1));
    }

    /// <inheritdoc/>
    public async Task<long> WriteStateAsync(StateKey key, string json, long? expectedVersion, CancellationToken cancellationToken)
    {
        if (expectedVersion is { } version) return await UpdateAsync("write", key, json, version, cancellationToken);
        const string Insert = "INSERT INTO grain_state (grain_type, grain_key, state_name, payload, etag) VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
        var rows = await ExecuteAsync("write", Insert, [.. Key(key), Text(json)], cancellationToken);
        return rows == 1 ? 1 : throw new StoreConflictException(key, null);
    }

    /// <inheritdoc/>
    public Task<long> ClearStateAsync(StateKey key, long expectedVersion, CancellationToken cancellationToken) =>
        UpdateAsync("clear", key, null, expectedVersion, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken)
    {
        var all = new List<StoredReminder>();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = await PrepareAsync(
            connection, "reminder", "SELECT grain_type, grain_key, name, start_at_ms, period_ms FROM grain_reminder", [], cancellationToken);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = new StateKey(reader.GetString(0), reader.GetString(1), reader.GetString(2));
            all.Add(new StoredReminder(key, DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)), TimeSpan.FromMilliseconds(reader.GetInt64(4))));
        }

        return all;
    }

    /// <inheritdoc/>
    public Task WriteReminderAsync(StoredReminder reminder, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reminder);
        const string Upsert = """
            INSERT INTO grain_reminder (grain_type, grain_key, name, start_at_ms, period_ms) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET start_at_ms = excluded.start_at_ms, period_ms = excluded.period_ms
            """;
        NpgsqlParameter[] values =
        [
            .. Key(reminder.Key),
            Number(reminder.StartAt.ToUnixTimeMilliseconds()),
            Number((long)reminder.Period.TotalMilliseconds),
        ];
        return ExecuteAsync("reminder", Upsert, values, cancellationToken);
    }

    /// <inheritdoc/>
    public Task DeleteReminderAsync(StateKey key, CancellationToken cancellationToken) => ExecuteAsync(
        "reminder", "DELETE FROM grain_reminder WHERE grain_type = $1 AND grain_key = $2 AND name = $3", Key(key), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _lock, null) is { } held) await held.DisposeAsync();
    }

    private static NpgsqlParameter[] Key(StateKey key) => [Text(key.GrainType), Text(key.GrainKey), Text(key.Name)];

    private static NpgsqlParameter Text(string? value) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)value ?? DBNull.Value };

    private static NpgsqlParameter Number(long value) => new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value };

    private async Task<long> UpdateAsync(string operation, StateKey key, string? json, long expected, CancellationToken cancellationToken)
    {
        const string Update = $"UPDATE grain_state SET payload = $4, etag = etag + 1 WHERE {StateRow} AND etag = $5";
        var rows = await ExecuteAsync(operation, Update, [.. Key(key), Text(json), Number(expected)], cancellationToken);
        return rows == 1 ? expected + 1 : throw new StoreConflictException(key, expected);
    }

    private async Task<int> ExecuteAsync(string operation, string sql, NpgsqlParameter[] values, CancellationToken cancellationToken)
    {
        if (Lost.IsCancellationRequested) throw new StoreLockedException("The lock on the grain store is lost: nothing more is written.");
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = await PrepareAsync(connection, operation, sql, values, cancellationToken);
        // Not cancelled from here on: the caller could not know whether it was written.
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static async Task<NpgsqlCommand> PrepareAsync(
        NpgsqlConnection connection, string operation, string sql, NpgsqlParameter[] values, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(values);
        // Prepared once per physical connection; the driver remembers.
        await command.PrepareAsync(cancellationToken);
        StoreMetrics.Count("postgres", operation);
        return command;
    }
}
