using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Praefect.Store;

/// <summary>The tables of the SQLite store, made where they are missing, with the version they have.</summary>
internal static class SqliteSchema
{
    internal const int Version = 1;

    private const string Tables = """
        CREATE TABLE IF NOT EXISTS grain_store_schema (version INTEGER NOT NULL);
        INSERT INTO grain_store_schema (version) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM grain_store_schema);
        CREATE TABLE IF NOT EXISTS grain_state (
          grain_type TEXT NOT NULL, grain_key TEXT NOT NULL, state_name TEXT NOT NULL,
          payload TEXT, etag INTEGER NOT NULL,
          PRIMARY KEY (grain_type, grain_key, state_name)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS grain_reminder (
          grain_type TEXT NOT NULL, grain_key TEXT NOT NULL, name TEXT NOT NULL,
          start_at_ms INTEGER NOT NULL, period_ms INTEGER NOT NULL,
          PRIMARY KEY (grain_type, grain_key, name)) WITHOUT ROWID;
        """;

    internal static void Create(SqliteConnection connection, SqliteStoreOptions options)
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, Tables);
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT max(version) FROM grain_store_schema";
            StoreMetrics.Count("sqlite", "schema");
            var found = Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
            if (found > Version)
            {
                throw new StoreSchemaException(
                    $"The grain store '{options.Path}' has schema version {found}; this program knows {Version}. Run the newer program, or restore a copy from before it.");
            }
        }

        foreach (var script in options.SchemaScripts) Execute(connection, script);
        transaction.Commit();
    }

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        StoreMetrics.Count("sqlite", "schema");
        command.ExecuteNonQuery();
    }
}
