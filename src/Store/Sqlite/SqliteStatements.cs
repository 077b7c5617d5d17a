using Microsoft.Data.Sqlite;

namespace Praefect.Store;

/// <summary>The statements on one connection, each prepared once. Used by one thread.</summary>
internal sealed class SqliteStatements(SqliteConnection connection) : IDisposable
{
    private const string StateRow = "grain_type = @type AND grain_key = @key AND state_name = @name";

    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (var command in _prepared.Values) command.Dispose();
        connection.Dispose();
    }

    internal void Begin() => Execute("transaction", "BEGIN IMMEDIATE");

    internal void Commit() => Execute("transaction", "COMMIT");

    internal void Rollback()
    {
        try
        {
            Execute("transaction", "ROLLBACK");
        }
        catch (SqliteException)
        {
            // There may be no transaction to roll back: begin failed, or SQLite has rolled back itself.
        }
    }

    internal StoredState? ReadState(StateKey key)
    {
        using var reader = State("read", $"SELECT payload, etag FROM grain_state WHERE {StateRow}", key).ExecuteReader();
        if (!reader.Read()) return null;
        return new StoredState(reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetInt64(1));
    }

    internal long WriteState(StateKey key, string json, long? expected)
    {
        if (expected is { } version) return Update("write", key, json, version);
        var command = State("write", "INSERT INTO grain_state (grain_type, grain_key, state_name, payload, etag) VALUES (@type, @key, @name, @payload, 1) ON CONFLICT DO NOTHING", key);
        Set(command, "@payload", json);
        return command.ExecuteNonQuery() == 1 ? 1 : throw new StoreConflictException(key, null);
    }

    internal long ClearState(StateKey key, long expected) => Update("clear", key, null, expected);

    internal IReadOnlyList<StoredReminder> ReadReminders()
    {
        var all = new List<StoredReminder>();
        using var reader = Command("reminder", "SELECT grain_type, grain_key, name, start_at_ms, period_ms FROM grain_reminder").ExecuteReader();
        while (reader.Read())
        {
            var key = new StateKey(reader.GetString(0), reader.GetString(1), reader.GetString(2));
            all.Add(new StoredReminder(key, DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)), TimeSpan.FromMilliseconds(reader.GetInt64(4))));
        }

        return all;
    }

    internal void WriteReminder(StoredReminder reminder)
    {
        var command = Command(
            "reminder",
            """
            INSERT INTO grain_reminder (grain_type, grain_key, name, start_at_ms, period_ms) VALUES (@type, @key, @name, @start, @period)
            ON CONFLICT (grain_type, grain_key, name) DO UPDATE SET start_at_ms = excluded.start_at_ms, period_ms = excluded.period_ms
            """);
        SetKey(command, reminder.Key);
        Set(command, "@start", reminder.StartAt.ToUnixTimeMilliseconds());
        Set(command, "@period", (long)reminder.Period.TotalMilliseconds);
        command.ExecuteNonQuery();
    }

    internal void DeleteReminder(StateKey key)
    {
        var command = Command("reminder", "DELETE FROM grain_reminder WHERE grain_type = @type AND grain_key = @key AND name = @name");
        SetKey(command, key);
        command.ExecuteNonQuery();
    }

    internal IReadOnlyList<T> Query<T>(string sql, IReadOnlyList<(string Name, object? Value)> parameters, Func<SqliteDataReader, T> row)
    {
        var command = Command("report", sql);
        foreach (var (name, value) in parameters) Set(command, name, value);
        var rows = new List<T>();
        using var reader = command.ExecuteReader();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    private static void SetKey(SqliteCommand command, StateKey key)
    {
        Set(command, "@type", key.GrainType);
        Set(command, "@key", key.GrainKey);
        Set(command, "@name", key.Name);
    }

    private static void Set(SqliteCommand command, string name, object? value)
    {
        var index = command.Parameters.IndexOf(name);
        var parameter = index >= 0 ? command.Parameters[index] : command.Parameters.Add(new SqliteParameter { ParameterName = name });
        parameter.Value = value ?? DBNull.Value;
    }

    private long Update(string operation, StateKey key, string? json, long expected)
    {
        var command = State(operation, $"UPDATE grain_state SET payload = @payload, etag = etag + 1 WHERE {StateRow} AND etag = @etag", key);
        Set(command, "@payload", json);
        Set(command, "@etag", expected);
        return command.ExecuteNonQuery() == 1 ? expected + 1 : throw new StoreConflictException(key, expected);
    }

    private SqliteCommand State(string operation, string sql, StateKey key)
    {
        var command = Command(operation, sql);
        SetKey(command, key);
        return command;
    }

    private void Execute(string operation, string sql) => Command(operation, sql).ExecuteNonQuery();

    private SqliteCommand Command(string operation, string sql)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            _prepared.Add(sql, command);
        }

        StoreMetrics.Count("sqlite", operation);
        return command;
    }
}
