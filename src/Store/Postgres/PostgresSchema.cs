using System.Globalization;
using Npgsql;

namespace Praefect.Store;

/// <summary>The tables of the Postgres store, made where they are missing, with the version they have.</summary>
internal static class PostgresSchema
{
    internal const int Version = 1;

    // payload is text, not jsonb: what was written comes back byte for byte, and nobody pays for parsing it twice.
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS grain_store_schema (version integer NOT NULL);
        INSERT INTO grain_store_schema (version) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM grain_store_schema);
        CREATE TABLE IF NOT EXISTS grain_state (
          grain_type text NOT NULL, grain_key text NOT NULL, state_name text NOT NULL,
          payload text, etag bigint NOT NULL,
          PRIMARY KEY (grain_type, grain_key, state_name));
        CREATE TABLE IF NOT EXISTS grain_reminder (
          grain_type text NOT NULL, grain_key text NOT NULL, name text NOT NULL,
          start_at_ms bigint NOT NULL, period_ms bigint NOT NULL,
          PRIMARY KEY (grain_type, grain_key, name));
        """;

    internal static async Task CreateAsync(NpgsqlDataSource dataSource, PostgresStoreOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, Tables, cancellationToken);
        var found = Convert.ToInt32(await ExecuteAsync(connection, "SELECT max(version) FROM grain_store_schema", cancellationToken), CultureInfo.InvariantCulture);
        if (found > Version)
        {
            throw new StoreSchemaException(
                $"The grain store in database '{connection.Database}' has schema version {found}; this program knows {Version}. Run the newer program, or restore a copy from before it.");
        }

        foreach (var script in options.SchemaScripts) await ExecuteAsync(connection, script, cancellationToken);
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        StoreMetrics.Count("postgres", "schema");
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
