using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Praefect.Silo.CommandLine;
using Praefect.Wire.Protos.Operations;

namespace Praefect.Silo.Import;

/// <summary>What a Praefect recorded in its database (behaviour 5.1). Only read from.</summary>
internal sealed class PraefectDatabase(NpgsqlDataSource source)
{
    /// <summary>How recently a Praefect must have noted the health of nodes to count as running; it does so each second.</summary>
    private const int RunningSeconds = 10;

    /// <summary>Whether it is one, and new enough: <c>verified_at</c> came with Praefect 15.0.</summary>
    /// <exception cref="CommandException">It is not.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        const string Query = """
            SELECT to_regclass('repositories') IS NOT NULL,
              EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('storage_repositories') AND attname = 'verified_at' AND NOT attisdropped)
            """;
        var (there, current) = (await ReadAsync(Query, static row => (row.GetBoolean(0), row.GetBoolean(1)), cancellationToken))[0];
        if (!there)
            throw new CommandException("this is not the database of a Praefect: it has no table \"repositories\"");
        if (!current)
            throw new CommandException("the database is that of an old Praefect: run \"sql-migrate\" of Praefect 15.0 or later on it first");
    }

    /// <summary>Names of Praefects that still work on the database.</summary>
    public Task<List<string>> RunningAsync(CancellationToken cancellationToken) => ReadAsync(
        "SELECT DISTINCT praefect_name FROM node_status WHERE last_contact_attempt_at > now() - make_interval(secs => $1) ORDER BY 1",
        static row => row.GetString(0), cancellationToken, RunningSeconds);

    /// <summary>The highest id that was ever handed out; 0: none.</summary>
    public async Task<long> HighestIdAsync(CancellationToken cancellationToken) => (await ReadAsync(
        """
        SELECT greatest((SELECT coalesce(max(repository_id), 0) FROM repositories),
          (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM repositories_repository_id_seq))
        """,
        static row => row.GetInt64(0), cancellationToken))[0];

    /// <summary>What there is, by virtual storage.</summary>
    public Task<List<VirtualStorageCount>> CountAsync(CancellationToken cancellationToken) => ReadAsync(
        """
        SELECT r.virtual_storage, count(*),
          (SELECT count(*) FROM storage_repositories AS s WHERE s.virtual_storage = r.virtual_storage),
          (SELECT count(DISTINCT a.repository_id) FROM repository_assignments AS a WHERE a.virtual_storage = r.virtual_storage)
        FROM repositories AS r GROUP BY r.virtual_storage ORDER BY r.virtual_storage
        """,
        static row => new VirtualStorageCount(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken);

    /// <summary>Storages that have replicas, by virtual storage.</summary>
    public Task<List<(string VirtualStorage, string Storage, long Replicas)>> StoragesAsync(CancellationToken cancellationToken) => ReadAsync(
        "SELECT virtual_storage, storage, count(*) FROM storage_repositories GROUP BY 1, 2 ORDER BY 1, 2",
        static row => (row.GetString(0), row.GetString(1), row.GetInt64(2)), cancellationToken);

    /// <summary>Jobs that were not done, by what they change.</summary>
    public Task<List<(string Change, string State, long Count)>> JobsAsync(CancellationToken cancellationToken) => ReadAsync(
        """
        SELECT coalesce(job->>'change', ''), state::text, count(*) FROM replication_queue
        WHERE state::text NOT IN ('completed', 'dead', 'cancelled') GROUP BY 1, 2 ORDER BY 1, 2
        """,
        static row => (row.GetString(0), row.GetString(1), row.GetInt64(2)), cancellationToken);

    /// <summary>All repositories of some virtual storages in the order of their ids, in pages of one short statement each.</summary>
    public async IAsyncEnumerable<List<RepositoryRecord>> PagesAsync(
        IReadOnlyCollection<string> virtualStorages, int pageSize, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string Query = """
            SELECT r.repository_id, r.virtual_storage, r.relative_path, coalesce(r.replica_path, r.relative_path), r."primary", r.generation,
              ARRAY(SELECT s.storage FROM storage_repositories AS s WHERE s.repository_id = r.repository_id ORDER BY s.storage),
              ARRAY(SELECT s.generation FROM storage_repositories AS s WHERE s.repository_id = r.repository_id ORDER BY s.storage),
              ARRAY(SELECT s.verified_at FROM storage_repositories AS s WHERE s.repository_id = r.repository_id ORDER BY s.storage),
              ARRAY(SELECT a.storage FROM repository_assignments AS a WHERE a.repository_id = r.repository_id ORDER BY a.storage)
            FROM repositories AS r WHERE r.repository_id > $1 AND r.virtual_storage = ANY ($2) ORDER BY r.repository_id LIMIT $3
            """;
        var after = 0L;
        while (true)
        {
            var page = await ReadAsync(Query, Record, cancellationToken, after, virtualStorages.ToArray(), pageSize);
            if (page.Count > 0)
                yield return page;
            if (page.Count < pageSize)
                yield break;
            after = page[^1].RepositoryId;
        }
    }

    private static RepositoryRecord Record(NpgsqlDataReader row)
    {
        var record = new RepositoryRecord
        {
            RepositoryId = row.GetInt64(0),
            VirtualStorage = row.GetString(1),
            RelativePath = row.GetString(2),
            ReplicaPath = row.GetString(3),
            Primary = row.IsDBNull(4) ? "" : row.GetString(4),
        };
        var storages = row.GetFieldValue<string[]>(6);
        var generations = row.GetFieldValue<long[]>(7);
        var verified = row.GetFieldValue<DateTime?[]>(8);
        for (var i = 0; i < storages.Length; i++)
        {
            record.Replicas.Add(new RepositoryRecord.Types.Replica
            {
                Storage = storages[i],
                Generation = generations[i],
                VerifiedAt = verified[i] is { } time ? Timestamp.FromDateTime(time.ToUniversalTime()) : null,
            });
        }

        // Rows of old versions have no generation of their own; a replica's is what is known to be there at least.
        record.Generation = generations.Append(row.IsDBNull(5) ? 0 : row.GetInt64(5)).Max();
        record.Assignments.AddRange(row.GetFieldValue<string[]>(9));
        return record;
    }

    private async Task<List<T>> ReadAsync<T>(string query, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken, params ImmutableArray<object> parameters)
    {
        // A count over a million rows may take longer than the usual limit.
        await using var command = source.CreateCommand(query);
        command.CommandTimeout = 0;
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(row(reader));
        return rows;
    }
}

/// <summary>What a Praefect has of a virtual storage.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Repositories">How many.</param>
/// <param name="Replicas">How many.</param>
/// <param name="Assigned">Repositories with explicit assignments.</param>
internal sealed record VirtualStorageCount(string Name, long Repositories, long Replicas, long Assigned);
