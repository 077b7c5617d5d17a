using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Praefect.Database.Catalogue;

/// <summary>
/// Reports over all repositories, read from the catalogue tables. Long answers are read in pages, each in a statement of its own, so that a slow
/// reader keeps no old rows alive in the database; what changes between two pages is seen as it is then.
/// </summary>
/// <param name="dataSource">The migrated database.</param>
/// <param name="pageSize">Rows per statement, 1 or more.</param>
public sealed class RepositoryCatalogue(NpgsqlDataSource dataSource, int pageSize = 1000)
{
    /// <summary>All relative paths of a virtual storage in byte order; none for an unknown one.</summary>
    public async IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var page = await ReadAsync(CatalogueQueries.Paths, static reader => reader.GetString(0), cancellationToken, virtualStorage, after, pageSize);
            foreach (var path in page)
                yield return path;
            if (page.Count < pageSize)
                yield break;
            after = page[^1];
        }
    }

    /// <summary>Repositories that need attention, by path.</summary>
    /// <param name="virtualStorage">Where.</param>
    /// <param name="configured">Its configured storages.</param>
    /// <param name="healthy">Those of them that are healthy.</param>
    /// <param name="includePartial">Also those that are available but not up to date on every healthy storage that has to host them.</param>
    /// <param name="cancellationToken">Stops reading.</param>
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
                CatalogueQueries.RepositoriesOfPlacements, reader => Entry(reader, bad[reader.GetInt32(0)], healthy), cancellationToken, virtualStorage, ids, after, pageSize);
            foreach (var entry in page)
                yield return entry;
            if (page.Count < pageSize)
                yield break;
            after = page[^1].RelativePath;
        }
    }

    /// <summary>How many repositories have no up-to-date replica on a healthy storage.</summary>
    public async Task<long> CountUnavailableAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken)
    {
        var bad = await BadPlacementsAsync(virtualStorage, configured, healthy, includePartial: false, cancellationToken);
        if (bad.Count == 0)
            return 0;
        var count = await ReadAsync(CatalogueQueries.CountOfPlacements, static reader => reader.GetInt64(0), cancellationToken, bad.Keys.ToArray());
        return count[0];
    }

    /// <summary>All replicas recorded on a storage, the longest unverified first.</summary>
    public async IAsyncEnumerable<StorageReplica> ReplicasOfAsync(
        string virtualStorage, string storage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (verifiedAt, id) = (DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), 0L);
        while (true)
        {
            var page = await ReadAsync(
                CatalogueQueries.ReplicasOfStorage,
                static reader => new StorageReplica(
                    reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetBoolean(4), reader.GetDateTime(5)),
                cancellationToken,
                virtualStorage, storage, verifiedAt, id, pageSize);
            foreach (var replica in page)
                yield return replica;
            if (page.Count < pageSize)
                yield break;
            (verifiedAt, id) = (page[^1].VerifiedAt, page[^1].RepositoryId);
        }
    }

    /// <summary>Leases the replicas that were not verified for longest to the caller: nobody else gets them before the lease ends.</summary>
    /// <param name="virtualStorage">Where.</param>
    /// <param name="healthy">Storages that can be asked.</param>
    /// <param name="verifiedBefore">Only replicas not verified since.</param>
    /// <param name="now">The caller's time.</param>
    /// <param name="lease">How long the caller may take.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public async Task<IReadOnlyList<DueVerification>> LeaseVerificationsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> healthy,
        DateTimeOffset verifiedBefore,
        DateTimeOffset now,
        TimeSpan lease,
        int limit,
        CancellationToken cancellationToken) =>
        await ReadAsync(
            CatalogueQueries.LeaseVerifications,
            static reader => new DueVerification(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)),
            cancellationToken,
            virtualStorage, healthy.ToArray(), verifiedBefore.UtcDateTime, now.UtcDateTime, (now + lease).UtcDateTime, limit);

    /// <summary>Ends leases whose verification is done. Those that are not ended lapse by themselves.</summary>
    public async Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken) =>
        await ReadAsync(
            CatalogueQueries.ReleaseVerifications,
            static _ => 0,
            cancellationToken,
            done.Select(static one => one.RepositoryId).ToArray(), done.Select(static one => one.Storage).ToArray());

    /// <summary>Virtual storage and relative path of a repository id; null: there is none.</summary>
    public async Task<(string VirtualStorage, string RelativePath)?> FindAsync(long repositoryId, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(CatalogueQueries.ById, static reader => (reader.GetString(0), reader.GetString(1)), cancellationToken, repositoryId);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Those of the given replica paths that some repository of the virtual storage has.</summary>
    public async Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken) =>
        (await ReadAsync(CatalogueQueries.KnownReplicaPaths, static reader => reader.GetString(0), cancellationToken, virtualStorage, replicaPaths.ToArray()))
            .ToHashSet(StringComparer.Ordinal);

    private async Task<IReadOnlyDictionary<int, BadPlacement>> BadPlacementsAsync(
        string virtualStorage,
        IReadOnlyCollection<string> configured,
        IReadOnlyCollection<string> healthy,
        bool includePartial,
        CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(
            CatalogueQueries.BadPlacements,
            static reader => (Id: reader.GetInt32(0), Placement: new BadPlacement(reader.GetFieldValue<string[]>(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3))),
            cancellationToken,
            virtualStorage, configured.ToArray(), healthy.ToArray(), includePartial);
        return rows.ToDictionary(static row => row.Id, static row => row.Placement);
    }

    private static DatalossEntry Entry(NpgsqlDataReader reader, BadPlacement placement, IReadOnlyCollection<string> healthy)
    {
        var generation = reader.GetInt64(3);
        var behind = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var host in placement.Hosts)
            behind[host] = generation + 1;
        foreach (var (storage, its) in reader.GetFieldValue<string[]>(5).Zip(reader.GetFieldValue<long[]>(6)))
            behind[storage] = generation - its;
        foreach (var storage in placement.UpToDate)
            behind[storage] = 0;
        return new DatalossEntry(
            reader.GetInt64(1), reader.GetString(2), generation, reader.IsDBNull(4) ? "" : reader.GetString(4), placement.Unavailable,
            [.. behind.Select(pair => new DatalossReplica(
                pair.Key, placement.Hosts.Contains(pair.Key, StringComparer.Ordinal), healthy.Contains(pair.Key, StringComparer.Ordinal), pair.Value))]);
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

    private sealed record BadPlacement(string[] UpToDate, string[] Hosts, bool Unavailable);
}
