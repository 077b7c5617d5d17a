using Npgsql;
using Praefect.Database.Catalogue;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

[Collection(Databases.Name)]
public sealed class RepositoryCatalogueTests(PostgresServer server)
{
    private static readonly string[] Configured = ["a", "b", "c"];
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20000);

    [PostgresFact]
    public async Task Dataloss_tells_unavailable_from_partially_replicated_by_who_is_healthy()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await WriteAsync(
            dataSource,
            At(1, 5, [("a", 5), ("b", 5), ("c", 5)]),
            At(2, 5, [("a", 5), ("b", 3), ("c", 5)]),
            At(3, 5, [("a", 5), ("b", 5)]) with { Assignments = ["a", "b", "gone"] },
            At(4, 5, [("a", 5)]) with { Assignments = ["b", "a"] },
            At(5, 5, [("c", 5), ("a", 4)]) with { Primary = null, Assignments = ["gone"] },
            At(6, 2, []));
        var catalogue = new PostgresCatalogue(dataSource, pageSize: 2);

        // All healthy: 2 is behind on b, 4 misses b, 5 has nobody assigned that is configured (so all are) and misses b; 6 has no replica left.
        Assert.Equal([6], await IdsAsync(Configured, partial: false));
        Assert.Equal([2, 4, 5, 6], await IdsAsync(Configured, partial: true));
        // Without a, 4 has nothing left; 1, 2, 3 and 5 are served by others.
        Assert.Equal([4, 6], await IdsAsync(["b", "c"], partial: false));
        Assert.Equal([1, 2, 3, 4, 5, 6], await IdsAsync(["b", "c"], partial: true));
        Assert.Equal(2, await catalogue.CountUnavailableAsync("default", Configured, ["b", "c"], default));
        Assert.Equal(0, await catalogue.CountUnavailableAsync("other", Configured, [], default));

        var five = Assert.Single(await ListAsync(catalogue.DatalossAsync("default", Configured, ["a", "b"], includePartial: false, default)), static one => one.RepositoryId == 5);
        Assert.Equal((5L, "", true), (five.Generation, five.Primary, five.Unavailable));
        Assert.Equal(
            [new DatalossReplica("a", Assigned: true, Healthy: true, 1), new("b", Assigned: true, Healthy: true, 6), new("c", Assigned: true, Healthy: false, 0)],
            (IEnumerable<DatalossReplica>)five.Replicas);

        async Task<IEnumerable<long>> IdsAsync(string[] healthy, bool partial) =>
            (await ListAsync(catalogue.DatalossAsync("default", Configured, healthy, partial, default))).Select(static one => one.RepositoryId);
    }

    [PostgresFact]
    public async Task Lists_come_whole_and_in_order_over_any_number_of_pages()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await WriteAsync(dataSource, [.. Enumerable.Range(1, 7).Select(static id => At(id, 5, [("a", 5), ("b", 4)], verified: id > 3 ? Now.AddDays(-id / 2) : null))]);
        foreach (var pageSize in new[] { 1, 2, 7, 100 })
        {
            var catalogue = new PostgresCatalogue(dataSource, pageSize);
            Assert.Equal(Enumerable.Range(1, 7).Select(static id => $"@hashed/{id:x2}.git"), await ListAsync(catalogue.ListPathsAsync("default", default)), StringComparer.Ordinal);
            var onB = await ListAsync(catalogue.ReplicasOfAsync("default", "b", default));
            Assert.Equal([1, 2, 3, 6, 7, 4, 5], onB.Select(static replica => replica.RepositoryId));
            Assert.All(onB, static replica => Assert.Equal((4L, false), (replica.Generation, replica.UpToDate)));
            Assert.Empty(await ListAsync(catalogue.ListPathsAsync("other", default)));
        }
    }

    [PostgresFact]
    public async Task Two_verifiers_never_hold_the_same_replica_until_its_lease_ends()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await WriteAsync(dataSource, [.. Enumerable.Range(1, 20).Select(static id => At(id, 5, [("a", 5), ("b", 5), ("c", 5)], verified: id > 10 ? Now : null))]);
        var catalogue = new PostgresCatalogue(dataSource);

        var leased = (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => LeaseAsync(Now, 5))))).SelectMany(static one => one).ToArray();
        while (leased.Length < 20) leased = [.. leased, .. await LeaseAsync(Now, 5)];

        Assert.Equal(20, leased.Distinct().Count());
        Assert.All(leased, static one => Assert.True(one.RepositoryId <= 10 && one.Storage is "a" or "b"));
        Assert.Empty(await LeaseAsync(Now, 5));
        await catalogue.ReleaseVerificationsAsync(leased[..1], default);
        Assert.Equal(leased[..1], await LeaseAsync(Now, 5));
        Assert.Equal(20, (await LeaseAsync(Now.AddSeconds(31), 25)).Count);

        Task<IReadOnlyList<DueVerification>> LeaseAsync(DateTimeOffset now, int limit) =>
            catalogue.LeaseVerificationsAsync("default", ["a", "b"], Now.AddDays(-1), now, TimeSpan.FromSeconds(30), limit, default);
    }

    [PostgresFact]
    public async Task A_repository_is_found_by_id_and_by_replica_path()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await WriteAsync(dataSource, At(1, 0, [("a", 0)]));
        var catalogue = new PostgresCatalogue(dataSource);

        Assert.Equal(new RepositoryKey("default", "@hashed/01.git"), await catalogue.FindAsync(1, default));
        Assert.Null(await catalogue.FindAsync(2, default));
        Assert.Equal(["@cluster/repositories/1"], await catalogue.KnownReplicaPathsAsync("default", "a", ["@cluster/repositories/1", "@cluster/repositories/2"], default), StringComparer.Ordinal);
        Assert.Empty(await catalogue.KnownReplicaPathsAsync("other", "a", ["@cluster/repositories/1"], default));
    }

    private static Record At(long id, long generation, (string Storage, long Generation)[] replicas, DateTimeOffset? verified = null) =>
        Records.One(id, generation, [.. replicas.Select(replica => new Replica(replica.Storage, replica.Generation, verified))]);

    private static async Task WriteAsync(NpgsqlDataSource dataSource, params Record[] records)
    {
        var writer = new GrainStateWriter(dataSource);
        foreach (var record in records) Assert.NotNull(await writer.WriteAsync("default/" + record.RelativePath, Records.Json(record), version: null));
    }

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }
}
