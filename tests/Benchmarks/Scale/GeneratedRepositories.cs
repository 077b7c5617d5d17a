using System.Globalization;
using Npgsql;

namespace Praefect.Benchmarks.Scale;

/// <summary>Repositories that were never created: rows as the records and the catalogue would have them, three replicas each, and assigned to those storages.</summary>
internal static class GeneratedRepositories
{
    public static async Task FillAsync(NpgsqlDataSource database, int count, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(typeof(GeneratedRepositories).Assembly.GetManifestResourceStream("generate.sql")!);
        var script = (await reader.ReadToEndAsync(cancellationToken))
            .Replace(":rows", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace(":assigned_nth", "1", StringComparison.Ordinal);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var sql in new[] { "SET synchronous_commit = off", script, "VACUUM ANALYZE", "CHECKPOINT" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Relative paths, in the order of the ids: which follow each other says nothing about where they lie.</summary>
    public static async Task<IReadOnlyList<string>> PathsAsync(NpgsqlDataSource database, int skip, int count, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT relative_path FROM catalogue_repositories WHERE repository_id > $1 ORDER BY repository_id LIMIT $2");
        command.Parameters.Add(new NpgsqlParameter { Value = (long)skip });
        command.Parameters.Add(new NpgsqlParameter { Value = count });
        var paths = new List<string>(count);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            paths.Add(rows.GetString(0));
        return paths;
    }
}
