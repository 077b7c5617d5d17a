using Npgsql;

namespace Praefect.Database;

/// <summary>A script that was run on a database.</summary>
/// <param name="Checksum">Of the text that was run.</param>
/// <param name="AppliedAt">When (UTC).</param>
internal sealed record AppliedMigration(string Checksum, DateTimeOffset AppliedAt);

/// <summary>The table that records which scripts were run on a database.</summary>
internal static class MigrationHistory
{
    private const string Table = """
        CREATE TABLE IF NOT EXISTS praefect_migrations (
          id text COLLATE "C" PRIMARY KEY,
          checksum text NOT NULL,
          applied_at timestamptz NOT NULL,
          duration interval NOT NULL)
        """;

    /// <summary>All that is recorded, by script id; empty where the table does not exist.</summary>
    internal static async Task<IReadOnlyDictionary<string, AppliedMigration>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<string, AppliedMigration>(StringComparer.Ordinal);
        try
        {
            await using var command = new NpgsqlCommand("SELECT id, checksum, applied_at FROM praefect_migrations", connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                applied.Add(reader.GetString(0), new AppliedMigration(reader.GetString(1), await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken)));
        }
        catch (PostgresException error) when (string.Equals(error.SqlState, PostgresErrorCodes.UndefinedTable, StringComparison.Ordinal))
        {
            // A database that no script was ever run on.
        }

        return applied;
    }

    internal static async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Table, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static async Task<string?> ChecksumAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT checksum FROM praefect_migrations WHERE id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    internal static async Task RecordAsync(
        NpgsqlConnection connection, MigrationScript script, DateTimeOffset appliedAt, TimeSpan duration, CancellationToken cancellationToken)
    {
        const string Insert = "INSERT INTO praefect_migrations (id, checksum, applied_at, duration) VALUES ($1, $2, $3, $4)";
        await using var command = new NpgsqlCommand(Insert, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = script.Id });
        command.Parameters.Add(new NpgsqlParameter { Value = script.Checksum });
        command.Parameters.Add(new NpgsqlParameter { Value = appliedAt.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter { Value = duration });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>Whether it was recorded.</returns>
    internal static async Task<bool> ForgetAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("DELETE FROM praefect_migrations WHERE id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
