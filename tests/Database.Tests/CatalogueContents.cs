using Npgsql;
using Praefect.Store;

namespace Praefect.Database.Tests;

/// <summary>The whole catalogue, or what it ought to be for given records, as lines that compare.</summary>
internal static class CatalogueContents
{
    public static IReadOnlyList<string> Of(IEnumerable<Record> records) =>
    [
        .. records.Where(static record => record is { RepositoryId: > 0, Generation: >= 0 }).OrderBy(static record => record.RepositoryId).SelectMany(Lines),
    ];

    public static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlDataSource dataSource)
    {
        const string Repositories = """
            SELECT repository.repository_id, format('%s %s %s %s gen %s primary %s assigned %s up to date %s outdated %s', repository_id,
              repository.virtual_storage, relative_path, replica_path, generation, primary_storage,
              array_to_string(assigned, ','), array_to_string(up_to_date, ','), array_to_string(outdated, ','))
            FROM catalogue_repositories AS repository JOIN catalogue_placements AS placement USING (placement_id)
            WHERE placement.virtual_storage = repository.virtual_storage
            """;
        const string Replicas = """
            SELECT repository_id, format('%s on %s gen %s verified %s', repository_id, storage, generation,
              to_char(verified_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'))
            FROM catalogue_replica_details
            """;
        await using var command = dataSource.CreateCommand($"SELECT line FROM ({Repositories} UNION ALL {Replicas}) AS lines (id, line) ORDER BY id, line COLLATE \"C\"");
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }

    public static async Task<IReadOnlyList<string>> ReadAsync(SqliteStore store)
    {
        const string Repositories = """
            SELECT repository_id, concat(repository_id, ' ', repository.virtual_storage, ' ', relative_path, ' ', replica_path, ' gen ', generation,
              ' primary ', primary_storage, ' assigned ', (SELECT group_concat(value) FROM json_each(assigned)),
              ' up to date ', (SELECT group_concat(value) FROM json_each(up_to_date)), ' outdated ', (SELECT group_concat(value) FROM json_each(outdated))) AS line
            FROM catalogue_repositories AS repository JOIN catalogue_placements AS placement USING (placement_id)
            WHERE placement.virtual_storage = repository.virtual_storage
            """;
        const string Replicas = """
            SELECT repository_id, concat(repository_id, ' on ', storage, ' gen ', coalesce(replica.generation, repository.generation), ' verified ',
              CASE WHEN verified_at > -62135596800000000 THEN strftime('%Y-%m-%dT%H:%M:%S', verified_at / 1000000, 'unixepoch') END)
            FROM catalogue_replicas AS replica JOIN catalogue_repositories AS repository USING (repository_id)
            """;
        return await store.QueryAsync($"SELECT line FROM ({Repositories} UNION ALL {Replicas}) ORDER BY repository_id, line", static reader => reader.GetString(0), default);
    }

    private static IEnumerable<string> Lines(Record record)
    {
        var id = record.RepositoryId;
        var upToDate = Names(record.Replicas.Where(replica => replica.Generation == record.Generation).Select(static replica => replica.Storage));
        var outdated = Names(record.Replicas.Where(replica => replica.Generation != record.Generation).Select(static replica => replica.Storage));
        return record.Replicas
            .Select(replica => $"{id} on {replica.Storage} gen {replica.Generation} verified {replica.VerifiedAt?.UtcDateTime:yyyy-MM-ddTHH:mm:ss}")
            .Append($"{id} {record.VirtualStorage} {record.RelativePath} {record.ReplicaPath} gen {record.Generation} primary {record.Primary} " +
                $"assigned {Names(record.Assignments ?? [])} up to date {upToDate} outdated {outdated}")
            .Order(StringComparer.Ordinal);
    }

    private static string Names(IEnumerable<string> storages) => string.Join(',', storages.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
}
