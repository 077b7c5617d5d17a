using System.Runtime.CompilerServices;
using Npgsql;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;

namespace Praefect.Database.Catalogue;

/// <summary>
/// The catalogue in Postgres. Long answers are read in pages, each in a statement of its own, so that a slow reader keeps no old rows alive in the
/// database.
/// </summary>
/// <param name="dataSource">The migrated database.</param>
/// <param name="pageSize">Rows per statement, 1 or more.</param>
public sealed class PostgresCatalogue(NpgsqlDataSource dataSource, int pageSize = 1000) : IRepositoryCatalogue
{
    // Npgsql reads and writes it as -infinity.
    private static readonly DateTime s_never = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var page = await ReadAsync(PostgresQueries.Paths, static reader => reader.GetString(0), cancellationToken, virtualStorage, after, pageSize);
            foreach (var path in page)
                yield return path;
            if (page.Count < pageSize)
                yield break;
            after = page[^1];
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatalossEntry> DatalossAsync(
        string virtualStorage,
        IReadOnlyCollection<string> configured,
        IReadOnlyCollection<string> healthy,
        bool includePartial,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bad = await BadPlacementsAsync(virtualStorage, configured, healthy, includePartial, cancellationToken);
        if (bad.Count == 0)
            yield break;
        var ids = bad.Keys.ToArray();
        var after = "";
        while (true)
        {
            var page = await ReadAsync(
                PostgresQueries.RepositoriesOfPlacements, reader => Entry(reader, bad[reader.GetInt32(0)], healthy), cancellationToken, virtualStorage, ids, after, pageSize);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < pageSize)
                yield break;
            after = page[^1].RelativePath;
        }
    }

    /// <inheritdoc/>
    public async Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken)
    {
        var bad = await BadPlacementsAsync(virtualStorage, configured, healthy, includePartial: false, cancellationToken);
        if (bad.Count == 0)
            return 0;
        var count = await ReadAsync(PostgresQueries.CountOfPlacements, static reader => reader.GetInt64(0), cancellationToken, bad.Keys.ToArray());
        return count[0];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageReplica> ReplicasOfAsync(
        string virtualStorage, string storage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (verifiedAt, id) = (s_never, 0L);
        while (true)
        {
            var page = await ReadAsync(
                PostgresQueries.ReplicasOfStorage,
                static reader => new StorageReplica(
                    reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetBoolean(4), Moment(reader.GetDateTime(5))),
                cancellationToken,
                virtualStorage, storage, verifiedAt, id, pageSize);
            foreach (var replica in page)
                yield return replica;
            if (page.Count < pageSize)
                yield break;
            (verifiedAt, id) = (page[^1].VerifiedAt?.UtcDateTime ?? s_never, page[^1].RepositoryId);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> healthy,
        DateTimeOffset verifiedBefore,
        DateTimeOffset now,
        TimeSpan lease,
        int limit,
        CancellationToken cancellationToken) =>
        await ReadAsync(
            PostgresQueries.LeaseVerifications,
            static reader => new DueVerification(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)),
            cancellationToken,
            virtualStorage, healthy.ToArray(), verifiedBefore.UtcDateTime, now.UtcDateTime, (now + lease).UtcDateTime, limit);

    /// <inheritdoc/>
    public async Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken) =>
        await ReadAsync(
            PostgresQueries.ReleaseVerifications,
            static _ => 0,
            cancellationToken,
            done.Select(static one => one.RepositoryId).ToArray(), done.Select(static one => one.Storage).ToArray());

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> CountBehindAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            PostgresQueries.Behind, static reader => (Storage: reader.GetString(0), Count: reader.GetInt64(1)), cancellationToken, virtualStorage, configured.ToArray());
        var counted = rows.ToDictionary(static row => row.Storage, static row => row.Count, StringComparer.Ordinal);
        return configured.ToDictionary(static storage => storage, storage => counted.GetValueOrDefault(storage), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            PostgresQueries.VerificationDepths,
            static reader => (Storage: reader.GetString(0), Depth: new VerificationDepth(reader.GetInt64(1), reader.GetInt64(2))),
            cancellationToken,
            virtualStorage, configured.ToArray(), verifiedBefore.UtcDateTime);
        var counted = rows.ToDictionary(static row => row.Storage, static row => row.Depth, StringComparer.Ordinal);
        return configured.ToDictionary(static storage => storage, storage => counted.GetValueOrDefault(storage), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public async Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(
            PostgresQueries.ById, static reader => new RepositoryKey(reader.GetString(0), reader.GetString(1)), cancellationToken, repositoryId);
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken)
    {
        var known = await ReadAsync(
            PostgresQueries.KnownReplicaPaths, static reader => reader.GetString(0), cancellationToken, virtualStorage, storage, replicaPaths.ToArray());
        return known.ToHashSet(StringComparer.Ordinal);
    }

    private static DateTimeOffset? Moment(DateTime verifiedAt) => verifiedAt == DateTime.MinValue ? null : new DateTimeOffset(verifiedAt, TimeSpan.Zero);

    private async Task<IReadOnlyDictionary<int, JudgedPlacement>> BadPlacementsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> configured,
        IReadOnlyCollection<string> healthy,
        bool includePartial,
        CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            PostgresQueries.BadPlacements,
            static reader => (Id: reader.GetInt32(0), Placement: new JudgedPlacement(reader.GetFieldValue<string[]>(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3))),
            cancellationToken,
            virtualStorage, configured.ToArray(), healthy.ToArray(), includePartial);
        return rows.ToDictionary(static row => row.Id, static row => row.Placement);
    }

    private static DatalossEntry Entry(NpgsqlDataReader reader, JudgedPlacement placement, IReadOnlyCollection<string> healthy)
    {
        var behind = reader.GetFieldValue<string[]>(5).Zip(reader.GetFieldValue<long[]>(6));
        return placement.Entry(reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.IsDBNull(4) ? "" : reader.GetString(4), behind, healthy);
    }

    private async Task<List<T>> ReadAsync<T>(string query, Func<NpgsqlDataReader, T> row, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = dataSource.CreateCommand(query);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(row(reader));
        return rows;
    }
}
