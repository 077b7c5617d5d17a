using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Store;

namespace Praefect.Database.Catalogue;

/// <summary>The catalogue in the SQLite file of a single machine.</summary>
/// <param name="store">The file, opened with <see cref="MigrationScripts.ForSqliteStore"/>.</param>
/// <param name="pageSize">Rows per query, 1 or more.</param>
public sealed class SqliteCatalogue(SqliteStore store, int pageSize = 1000) : IRepositoryCatalogue, IDisposable
{
    private readonly VerificationLeases _leases = new();
    private readonly SemaphoreSlim _leasing = new(1);

    /// <inheritdoc/>
    public void Dispose() => _leasing.Dispose();

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListPathsAsync(string virtualStorage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var page = await store.QueryAsync(
                SqliteQueries.Paths,
                static reader => reader.GetString(0),
                cancellationToken,
                ("@virtual_storage", virtualStorage), ("@after", after), ("@limit", pageSize));
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
        var placements = await PlacementsAsync(virtualStorage, configured, healthy, cancellationToken);
        var bad = placements.Where(p => p.Placement.Unavailable || (includePartial && !p.Placement.IsComplete(healthy))).ToDictionary(static p => p.Id, static p => p.Placement);
        if (bad.Count == 0)
            yield break;
        var ids = Json(bad.Keys);
        var after = "";
        while (true)
        {
            var page = await store.QueryAsync(
                SqliteQueries.RepositoriesOfPlacements,
                reader => Entry(reader, bad[reader.GetInt64(0)], healthy),
                cancellationToken,
                ("@virtual_storage", virtualStorage), ("@placements", ids), ("@after", after), ("@limit", pageSize));
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
        var placements = await PlacementsAsync(virtualStorage, configured, healthy, cancellationToken);
        var counts = await CountsAsync(placements.Where(static p => p.Placement.Unavailable), cancellationToken);
        return counts.Sum(static one => one.Count);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> CountBehindAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, CancellationToken cancellationToken)
    {
        var placements = await PlacementsAsync(virtualStorage, configured, configured, cancellationToken);
        var behind = configured.ToDictionary(static storage => storage, static _ => 0L, StringComparer.Ordinal);
        foreach (var (placement, count) in await CountsAsync(placements.Where(static p => p.Placement.Hosts.Except(p.Placement.UpToDate, StringComparer.Ordinal).Any()), cancellationToken))
        {
            foreach (var storage in placement.Hosts.Except(placement.UpToDate, StringComparer.Ordinal))
                behind[storage] += count;
        }

        return behind;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, VerificationDepth>> CountVerificationsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, DateTimeOffset verifiedBefore, CancellationToken cancellationToken)
    {
        var depths = new Dictionary<string, VerificationDepth>(StringComparer.Ordinal);
        foreach (var storage in configured)
        {
            var rows = await store.QueryAsync(
                SqliteQueries.VerificationDepth,
                static reader => new VerificationDepth(reader.GetInt64(0), reader.GetInt64(1)),
                cancellationToken,
                ("@virtual_storage", virtualStorage), ("@storage", storage), ("@before", StoredMoment.Of(verifiedBefore)), ("@never", StoredMoment.Never));
            depths[storage] = rows[0];
        }

        return depths;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StorageReplica> ReplicasOfAsync(
        string virtualStorage, string storage, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (verifiedAt, id) = (StoredMoment.Never, 0L);
        while (true)
        {
            var page = await store.QueryAsync(
                SqliteQueries.ReplicasOfStorage,
                static reader => new StorageReplica(
                    reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetBoolean(4), StoredMoment.Read(reader.GetInt64(5))),
                cancellationToken,
                ("@virtual_storage", virtualStorage), ("@storage", storage), ("@verified_at", verifiedAt), ("@after", id), ("@limit", pageSize));
            foreach (var replica in page)
                yield return replica;
            if (page.Count < pageSize)
                yield break;
            (verifiedAt, id) = (StoredMoment.Of(page[^1].VerifiedAt), page[^1].RepositoryId);
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
        CancellationToken cancellationToken)
    {
        // One at a time, so that two callers do not look at the same rows and one of them goes away with nothing.
        await _leasing.WaitAsync(cancellationToken);
        try
        {
            var enough = limit + _leases.Lapse(now);
            var due = new List<(DueVerification Replica, long VerifiedAt)>();
            foreach (var storage in healthy)
            {
                due.AddRange(await store.QueryAsync(
                    SqliteQueries.DueOfStorage,
                    static reader => (new DueVerification(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)), reader.GetInt64(4)),
                    cancellationToken,
                    ("@virtual_storage", virtualStorage), ("@storage", storage), ("@before", StoredMoment.Of(verifiedBefore)), ("@limit", enough)));
            }

            var longest = due.Where(one => !_leases.Has(one.Replica)).OrderBy(static one => one.VerifiedAt).Take(limit).Select(static one => one.Replica).ToArray();
            _leases.Add(longest, now + lease);
            return longest;
        }
        finally
        {
            _leasing.Release();
        }
    }

    /// <inheritdoc/>
    public Task ReleaseVerificationsAsync(IReadOnlyCollection<DueVerification> done, CancellationToken cancellationToken)
    {
        _leases.Remove(done);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<RepositoryKey?> FindAsync(long repositoryId, CancellationToken cancellationToken)
    {
        var found = await store.QueryAsync(
            SqliteQueries.ById, static reader => new RepositoryKey(reader.GetString(0), reader.GetString(1)), cancellationToken, ("@id", repositoryId));
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlySet<string>> KnownReplicaPathsAsync(
        string virtualStorage, string storage, IReadOnlyCollection<string> replicaPaths, CancellationToken cancellationToken)
    {
        var known = await store.QueryAsync(
            SqliteQueries.KnownReplicaPaths,
            static reader => reader.GetString(0),
            cancellationToken,
            ("@virtual_storage", virtualStorage), ("@storage", storage), ("@paths", Json(replicaPaths)));
        return known.ToHashSet(StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<(long Id, JudgedPlacement Placement)>> PlacementsAsync(
        string virtualStorage, IReadOnlyCollection<string> configured, IReadOnlyCollection<string> healthy, CancellationToken cancellationToken) =>
        await store.QueryAsync(
            SqliteQueries.Placements,
            reader => (reader.GetInt64(0), JudgedPlacement.Judge(Names(reader.GetString(1)), Names(reader.GetString(2)), configured, healthy)),
            cancellationToken,
            ("@virtual_storage", virtualStorage));

    private async Task<IReadOnlyList<(JudgedPlacement Placement, long Count)>> CountsAsync(
        IEnumerable<(long Id, JudgedPlacement Placement)> placements, CancellationToken cancellationToken)
    {
        var byId = placements.ToDictionary(static p => p.Id, static p => p.Placement);
        return byId.Count == 0 ? [] : await store.QueryAsync(
            SqliteQueries.CountsOfPlacements,
            reader => (byId[reader.GetInt64(0)], reader.GetInt64(1)),
            cancellationToken,
            ("@placements", Json(byId.Keys)));
    }

    private static DatalossEntry Entry(SqliteDataReader reader, JudgedPlacement placement, IReadOnlyCollection<string> healthy)
    {
        var outdated = JsonSerializer.Deserialize<Dictionary<string, long>>(reader.GetString(5))!.Select(static pair => (pair.Key, pair.Value));
        return placement.Entry(reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.IsDBNull(4) ? "" : reader.GetString(4), outdated, healthy);
    }

    private static string[] Names(string json) => JsonSerializer.Deserialize<string[]>(json)!;

    private static string Json<T>(IEnumerable<T> values) => JsonSerializer.Serialize(values);
}
