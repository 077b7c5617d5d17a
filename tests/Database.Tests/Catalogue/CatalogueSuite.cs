using System.Globalization;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;

namespace Praefect.Database.Tests.Catalogue;

/// <summary>What every catalogue must answer; run by the tests of each.</summary>
internal static class CatalogueSuite
{
    private static readonly string[] s_configured = ["a", "b", "c"];
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20000);

    internal static async Task TellsUnavailableFromPartialAsync(CatalogueUnderTest tested)
    {
        await WriteAsync(
            tested,
            At(1, 5, [("a", 5), ("b", 5), ("c", 5)]),
            At(2, 5, [("a", 5), ("b", 3), ("c", 5)]),
            At(3, 5, [("a", 5), ("b", 5)]) with { Assignments = ["a", "b", "gone"] },
            At(4, 5, [("a", 5)]) with { Assignments = ["b", "a"] },
            At(5, 5, [("c", 5), ("a", 4)]) with { Primary = null, Assignments = ["gone"] },
            At(6, 2, []));
        var catalogue = tested.Open(pageSize: 2);

        // All healthy: 2 is behind on b, 4 misses b, 5 has nobody assigned that is configured (so all are) and misses b; 6 has no replica left.
        Assert.Equal([6], await IdsAsync(s_configured, partial: false));
        Assert.Equal([2, 4, 5, 6], await IdsAsync(s_configured, partial: true));
        // Without a, 4 has nothing left; 1, 2, 3 and 5 are served by others.
        Assert.Equal([4, 6], await IdsAsync(["b", "c"], partial: false));
        Assert.Equal([1, 2, 3, 4, 5, 6], await IdsAsync(["b", "c"], partial: true));
        Assert.Equal(2, await catalogue.CountUnavailableAsync("default", s_configured, ["b", "c"], default));
        Assert.Equal(0, await catalogue.CountUnavailableAsync("other", s_configured, [], default));

        var five = Assert.Single(await ListAsync(catalogue.DatalossAsync("default", s_configured, ["a", "b"], includePartial: false, default)), static one => one.RepositoryId == 5);
        Assert.Equal((5L, "", true), (five.Generation, five.Primary, five.Unavailable));
        Assert.Equal(
            [new DatalossReplica("a", Assigned: true, Healthy: true, 1), new("b", Assigned: true, Healthy: true, 6), new("c", Assigned: true, Healthy: false, 0)],
            (IEnumerable<DatalossReplica>)five.Replicas);

        async Task<IEnumerable<long>> IdsAsync(string[] healthy, bool partial) =>
            (await ListAsync(catalogue.DatalossAsync("default", s_configured, healthy, partial, default))).Select(static one => one.RepositoryId);
    }

    /// <summary>Group H3 of the cases: who is unavailable while only some are healthy.</summary>
    internal static async Task CountsUnavailableAsync(CatalogueUnderTest tested)
    {
        string[] configured = ["up", "down"];
        Record[] cases =
        [
            At(1, 0, [("down", 0)]) with { VirtualStorage = "one unhealthy replica: 1" },
            At(2, 0, [("up", 0)]) with { VirtualStorage = "one healthy replica: 0" },
            At(3, 1, [("up", 0), ("down", 1)]) with { VirtualStorage = "the healthy one is outdated: 1" },
            At(4, 1, [("up", 1), ("down", 1)]) with { VirtualStorage = "the healthy one is not assigned: 0", Assignments = ["down"] },
            At(5, 1, [("up", 1), ("down", 0)]) with { VirtualStorage = "an outdated one is not assigned: 0", Assignments = ["up"] },
            At(6, 1, [("up", 0), ("down", 1)]) with { VirtualStorage = "two of them: 2" },
            At(7, 1, [("up", 0), ("down", 1)]) with { VirtualStorage = "two of them: 2" },
            At(8, -1, []) with { VirtualStorage = "being created: 0" },
        ];
        await WriteAsync(tested, cases);
        var catalogue = tested.Open();
        foreach (var name in cases.Select(static one => one.VirtualStorage).Append("no repositories: 0").Distinct(StringComparer.Ordinal))
            Assert.Equal(name, $"{name[..name.IndexOf(':', StringComparison.Ordinal)]}: {await catalogue.CountUnavailableAsync(name, configured, ["up"], default)}");
    }

    /// <summary>Group F2 of the cases: who is listed as partially available, by case. P and S are configured, U is not.</summary>
    internal static async Task ListsPartiallyAvailableAsync(CatalogueUnderTest tested)
    {
        (int Case, string Replicas, string[]? Assigned, string[] Healthy, bool Partial)[] cases =
        [
            (1, "P0 S0", null, ["P", "S"], false), (2, "P1 S1 U0", null, ["P", "S"], false), (3, "P0 S0 U1", null, ["P", "S"], true),
            (4, "P0", null, ["P", "S"], true), (5, "P1 S0", null, ["P", "S"], true), (6, "P10", null, ["P", "S"], true), (7, "P10 S0", null, ["P", "S"], true),
            (9, "P0", ["P"], ["P", "S"], false), (10, "P1 S0", ["P"], ["P", "S"], false), (11, "P0", ["P", "S"], ["P", "S"], true),
            (12, "P1 S0", ["P", "S"], ["P", "S"], true), (13, "P0 S1", ["P"], ["P", "S"], true), (14, "S0", ["P"], ["P", "S"], true),
            (15, "U0", ["P"], ["P", "S"], true), (16, "P1", ["P", "U"], ["P", "S"], false), (17, "P1 U0", ["P", "U"], ["P", "S"], false),
            (18, "U0", ["U"], ["P", "S"], true), (19, "P0 S0", ["P", "S"], [], true), (20, "P0 S0", ["P"], ["S"], true),
            (21, "P0 S0", ["P"], ["P"], false), (22, "P0 S0", ["P", "S"], ["P"], true),
        ];
        await WriteAsync(tested, [.. cases.Select(static one => At(one.Case, one.Replicas) with { VirtualStorage = $"case {one.Case}", Assignments = one.Assigned })]);
        var catalogue = tested.Open();
        foreach (var one in cases)
        {
            var listed = await ListAsync(catalogue.DatalossAsync($"case {one.Case}", ["P", "S"], one.Healthy, includePartial: true, default));
            Assert.Equal((one.Case, one.Partial), (one.Case, listed.Count == 1));
        }

        static Record At(int id, string replicas)
        {
            var parsed = replicas.Split(' ').Select(static replica => (replica[..1], long.Parse(replica[1..], CultureInfo.InvariantCulture))).ToArray();
            return CatalogueSuite.At(id, parsed.Max(static replica => replica.Item2), parsed);
        }
    }

    internal static async Task ListsInPagesAsync(CatalogueUnderTest tested)
    {
        await WriteAsync(tested, [.. Enumerable.Range(1, 7).Select(static id => At(id, 5, [("a", 5), ("b", 4)], verified: id > 3 ? s_now.AddDays(-id / 2) : null))]);
        foreach (var pageSize in new[] { 1, 2, 7, 100 })
        {
            var catalogue = tested.Open(pageSize);
            Assert.Equal(Enumerable.Range(1, 7).Select(static id => $"@hashed/{id:x2}.git"), await ListAsync(catalogue.ListPathsAsync("default", default)), StringComparer.Ordinal);
            var onB = await ListAsync(catalogue.ReplicasOfAsync("default", "b", default));
            Assert.Equal([1, 2, 3, 6, 7, 4, 5], onB.Select(static replica => replica.RepositoryId));
            Assert.All(onB, static replica => Assert.Equal((4L, false), (replica.Generation, replica.UpToDate)));
            Assert.Equal([null, null, null, s_now.AddDays(-3), s_now.AddDays(-3), s_now.AddDays(-2), s_now.AddDays(-2)], onB.Select(static replica => replica.VerifiedAt));
            Assert.Empty(await ListAsync(catalogue.ListPathsAsync("other", default)));
        }
    }

    internal static async Task LeasesOnceAsync(CatalogueUnderTest tested)
    {
        await WriteAsync(tested, [.. Enumerable.Range(1, 20).Select(static id => At(id, 5, [("a", 5), ("b", 5), ("c", 5)], verified: id > 10 ? s_now : null))]);
        var catalogue = tested.Open();

        var leased = (await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => LeaseAsync(s_now, 5))))).SelectMany(static one => one).ToArray();
        while (leased.Length < 20) leased = [.. leased, .. await LeaseAsync(s_now, 5)];

        Assert.Equal(20, leased.Distinct().Count());
        Assert.All(leased, static one => Assert.True(one.RepositoryId <= 10 && one.Storage is "a" or "b"));
        Assert.Empty(await LeaseAsync(s_now, 5));
        await catalogue.ReleaseVerificationsAsync(leased[..1], default);
        Assert.Equal(leased[..1], await LeaseAsync(s_now, 5));
        Assert.Equal(20, (await LeaseAsync(s_now.AddSeconds(31), 25)).Count);

        Task<IReadOnlyList<DueVerification>> LeaseAsync(DateTimeOffset now, int limit) =>
            catalogue.LeaseVerificationsAsync("default", ["a", "b"], s_now.AddDays(-1), now, TimeSpan.FromSeconds(30), limit, default);
    }

    internal static async Task FindsAsync(CatalogueUnderTest tested)
    {
        await WriteAsync(tested, At(1, 0, [("a", 0)]));
        var catalogue = tested.Open();

        Assert.Equal(new RepositoryKey("default", "@hashed/01.git"), await catalogue.FindAsync(1, default));
        Assert.Null(await catalogue.FindAsync(2, default));
        Assert.Equal(["@cluster/repositories/1"], await catalogue.KnownReplicaPathsAsync("default", "a", ["@cluster/repositories/1", "@cluster/repositories/2"], default), StringComparer.Ordinal);
        Assert.Empty(await catalogue.KnownReplicaPathsAsync("default", "b", ["@cluster/repositories/1"], default));
        Assert.Empty(await catalogue.KnownReplicaPathsAsync("other", "a", ["@cluster/repositories/1"], default));
    }

    internal static async Task CountsAsync(CatalogueUnderTest tested)
    {
        await WriteAsync(
            tested,
            At(1, 5, [("a", 5), ("b", 5), ("c", 5)], s_now),
            At(2, 5, [("a", 5), ("b", 3)], s_now.AddSeconds(-30)),
            At(3, 5, [("a", 5), ("c", 2)], s_now.AddSeconds(-30).AddMicroseconds(-1)) with { Assignments = ["a", "b"] },
            At(4, 5, [("a", 5)], null) with { Assignments = ["a"] });
        var catalogue = tested.Open();

        Assert.Equal([("a", 0L), ("b", 2L), ("c", 1L), ("d", 2L)], Sorted(await catalogue.CountBehindAsync("default", ["a", "b", "c", "d"], default), configured: 4));
        Assert.Equal([("a", 0L)], Sorted(await catalogue.CountBehindAsync("other", ["a"], default), configured: 1));
        var depths = await catalogue.CountVerificationsAsync("default", [.. s_configured, "d"], s_now.AddSeconds(-30), default);
        Assert.Equal(
            [("a", new VerificationDepth(1, 1)), ("b", default), ("c", new VerificationDepth(0, 1)), ("d", default)], Sorted(depths, configured: 4));
    }

    internal static Record At(long id, long generation, (string Storage, long Generation)[] replicas, DateTimeOffset? verified = null) =>
        Records.One(id, generation, [.. replicas.Select(replica => new Replica(replica.Storage, replica.Generation, verified))]);

    internal static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }

    private static IEnumerable<(string, T)> Sorted<T>(IReadOnlyDictionary<string, T> counts, int configured)
    {
        Assert.Equal(configured, counts.Count);
        return counts.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => (pair.Key, pair.Value));
    }

    private static async Task WriteAsync(CatalogueUnderTest tested, params Record[] records)
    {
        foreach (var record in records) await tested.WriteAsync(record);
    }
}
