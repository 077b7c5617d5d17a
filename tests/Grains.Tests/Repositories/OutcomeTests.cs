using System.Globalization;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

/// <summary>Group C2 of the cases: writes to their end, through votes, outcome, record and repair.</summary>
[Collection(ClusterTests.Name)]
public sealed class OutcomeTests(TestCluster cluster)
{
    private const string Path = "outcome";
    private const string Main = "refs/heads/main";
    private static readonly string[] s_names = ["P", "S1", "S2", "S3", "S4"];

    /// <param name="number">Of the case.</param>
    /// <param name="before">Generations of P, S1 and so on; "-": no replica.</param>
    /// <param name="votes">Of each node that takes part, in their order.</param>
    /// <param name="answers">To these votes.</param>
    /// <param name="primaryOk">How the primary's call ends.</param>
    /// <param name="after">
    /// Generations when the outcome is recorded. Where Praefect makes a job for some of the replicas that are behind, all of them are copied here, also after
    /// a write that changed nothing (case 11): replication is desired state.
    /// </param>
    [Theory]
    [InlineData(1, "0 0 0", "foobar foobar foobar", "ok ok ok", true, "1 1 1")]
    [InlineData(3, "0 0 0", "foo qux bar", "x x x", true, "1 0 0")]
    [InlineData(4, "0 0 0", "foo,foo foo,qux foo,bar", "ok,x ok,x ok,x", true, "1 0 0")]
    [InlineData(5, "0 0", "foobar barfoo", "ok x", true, "1 0")]
    [InlineData(6, "0 0 0", "foobar foobar barfoo", "ok ok x", true, "1 1 0")]
    [InlineData(7, "1 1 0 -", "foobar foobar", "ok ok", true, "2 2 0 -")]
    [InlineData(9, "0 0", "", "", true, "1 0")]
    [InlineData(10, "0 0", "", "", false, "0 0")]
    [InlineData(11, "1 1 0 -", "", "", false, "1 1 0 -")]
    [InlineData(12, "1 1 0 -", "", "", true, "2 1 0 -")]
    public async Task A_write_leaves_each_replica_where_its_votes_put_it(int number, string before, string votes, string answers, bool primaryOk, string after)
    {
        var (bench, release) = await ImportAsync(before);
        var route = await bench.BeginAsync();
        Assert.Equal("P", route.Primary);
        var said = await Task.WhenAll(Bench.Participants(route).Zip(Facts.List(votes)).Select(p => VoteAsync(bench, route, p.First, p.Second.Split(','))));
        Assert.Equal(answers, Facts.Join(said));

        var ends = route.Secondaries.Select(Bench.Ok).Prepend(primaryOk ? Bench.Ok("P") : Bench.Failed("P"));
        var result = await bench.FinishAsync(route, [.. ends]);

        Assert.Equal(after, await GenerationsAsync(bench));
        Assert.Equal(primaryOk ? WriteOutcome.Recorded : WriteOutcome.Unchanged, result.Outcome);
        var behind = bench.Storages.Zip(Facts.List(after)).Where(g => g.Second != Facts.List(after)[0]).Select(g => g.First).ToArray();
        Assert.Equal(primaryOk ? behind : [], result.Outdated.Select(o => o.Split('=')[0]).Order(StringComparer.Ordinal));
        release.SetResult();
        await bench.LevelAsync();
        Assert.Equal(behind, bench.Storages.Where(s => bench[s].Copies > 0));
        Assert.True(bench.Storages.Select(s => bench[s].Checksum(Path)).Distinct().Count() == 1, $"case {number}");
    }

    /// <summary>Case 8. Praefect ends such a call with an error of its own, here it is in doubt for the client.</summary>
    [Fact]
    public async Task A_write_that_only_replicas_made_outdated_meanwhile_took_counts_for_nothing()
    {
        var (bench, release) = await ImportAsync("0 0");
        bench["S1"].Healthy = false;
        var route = await bench.BeginAsync();
        Assert.Equal("P", Facts.Join(Bench.Participants(route)));
        Assert.Equal("ok", await VoteAsync(bench, route, "P", ["foobar"]));
        await bench.Grain.SetAuthoritativeStorageAsync("S1", default);

        var result = await bench.FinishAsync(route);

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        Assert.Equal("0 1", await GenerationsAsync(bench));
        bench["S1"].Healthy = null;
        release.SetResult();
        await bench.LevelAsync();
        Assert.Null(bench["P"].Read(Path, Main));
    }

    /// <summary>
    /// S1 and S2 were told to go ahead, one of them did, and then all three failed alike in the second round. The primary's word would count, but P fell behind a
    /// write that went on without it: only a comparison finds that S1 and S2 differ.
    /// </summary>
    [Fact]
    public async Task A_write_that_failed_alike_everywhere_after_its_primary_had_fallen_behind_is_settled_by_comparison()
    {
        var (bench, release) = await ImportAsync("0 0 0");
        release.SetResult();
        var route = await bench.BeginAsync();
        Assert.Equal("P", route.Primary);
        Assert.All(await Task.WhenAll(bench.Storages.Select(s => bench.VoteAsync(route, s, "1"))), said => Assert.Equal(VoteAnswer.Commit, said.Answer));
        bench["S1"].Write(Path, Main, "1");
        Assert.All(await Task.WhenAll(bench.Storages.Select(s => bench.VoteAsync(route, s, s))), said => Assert.Equal(VoteAnswer.Abort, said.Answer));
        bench["P"].Healthy = false;
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/other", "2")).Outcome);
        Assert.Equal("0 1 1", await GenerationsAsync(bench));

        var result = await bench.FinishAsync(route, [.. bench.Storages.Select(s => Bench.Failed(s))]);

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        bench["P"].Healthy = null;
        await bench.LevelAsync();
        Assert.Single(bench.Storages.Select(s => bench[s].Checksum(Path)).Distinct());
        Assert.All(bench.Storages, s => Assert.Equal("2", bench[s].Read(Path, "refs/heads/other")));
    }

    [Fact]
    public async Task Reads_between_an_agreed_vote_and_its_record_go_only_to_replicas_that_agreed()
    {
        var (bench, release) = await ImportAsync("0 0 0 0 0");
        var route = await bench.BeginAsync();
        Assert.Equal(5, (await bench.ReadableAsync()).Length);
        Assert.All(await Task.WhenAll(new[] { "P", "S1", "S2" }.Select(s => VoteAsync(bench, route, s, ["1"]))), said => Assert.Equal("ok", said));

        // S3 and S4 have not voted; then S3 agrees after all, and S4 does not.
        Assert.Equal("P S1 S2", Facts.Join(await bench.ReadableAsync()));
        Assert.Equal("ok", await VoteAsync(bench, route, "S3", ["1"]));
        Assert.Equal("x", await VoteAsync(bench, route, "S4", ["2"]));
        Assert.Equal("P S1 S2 S3", Facts.Join(await bench.ReadableAsync()));

        var held = new TaskCompletionSource();
        bench.Store.Held = held.Task;
        var finish = bench.FinishAsync(route);
        Assert.Equal("P S1 S2 S3", Facts.Join(await bench.ReadableAsync()));
        Assert.False(finish.IsCompleted);
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();
        Assert.Equal("S4=node-not-committed", Assert.Single((await finish).Outdated));
        Assert.Equal("P S1 S2 S3", Facts.Join(await bench.ReadableAsync()));
        release.SetResult();
        await bench.LevelAsync();
    }

    /// <summary>Several times, for chance decides among those who could be elected.</summary>
    [Fact]
    public async Task Nobody_who_disagreed_with_an_agreed_write_is_elected_or_read_before_its_record()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var (bench, release) = await ImportAsync("0 0 0");
            var route = await bench.BeginAsync();
            Assert.All(await Task.WhenAll(new[] { "P", "S1" }.Select(s => VoteAsync(bench, route, s, ["1"]))), said => Assert.Equal("ok", said));
            bench["P"].Alive = false;
            Assert.Equal("S1", Assert.Single((await ForcedAsync(bench)).Storages));

            bench["S1"].Alive = false;
            Assert.Equal(RouteFailure.NoSuitableNode, (await Assert.ThrowsAsync<RouteException>(() => ForcedAsync(bench))).Failure);
            Assert.Equal(RouteFailure.NoSuitableNode, (await Assert.ThrowsAsync<RouteException>(bench.ReadableAsync)).Failure);

            bench["S1"].Alive = true;
            release.SetResult();
            Assert.Equal(WriteOutcome.InDoubt, (await bench.FinishAsync(route, Bench.Broken("P"), Bench.Ok("S1"), Bench.Failed("S2"))).Outcome);
            bench["P"].Alive = true;
            await bench.LevelAsync();
            Assert.All(bench.Storages, s => Assert.Equal("1", bench[s].Read(Path, Main)));
        }));

        static Task<AccessorRoute> ForcedAsync(Bench bench) => bench.Grain.RouteAccessorAsync(AccessorRequest.Any with { ForcePrimary = true }, default);
    }

    [Fact]
    public async Task A_write_that_is_over_knows_no_voters_and_cannot_be_stopped()
    {
        var (bench, release) = await ImportAsync("0 0");
        release.SetResult();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, Main, "1");
        await bench.FinishAsync(route);

        // Praefect's own call for this ends with an error that nobody sees; a call that fails late is no fault here.
        await bench.Grain.CancelVoterAsync(route.TransactionId, "S1", default);
        Assert.Equal(VoteAnswer.NotFound, (await bench.Grain.StopAsync(route.TransactionId, default)).Answer);
        var late = await bench.VoteAsync(route, "S1", "1");
        Assert.Equal(new VoteResult(VoteAnswer.NotFound, $"transaction not found: {route.TransactionId}"), late);
        Assert.Equal("1 1", await GenerationsAsync(bench));
    }

    /// <summary>Replicas as given; no copy is made to anybody but P before the source of the returned task is set.</summary>
    private async Task<(Bench Bench, TaskCompletionSource Release)> ImportAsync(string generations)
    {
        var replicas = Facts.List(generations);
        var bench = new Bench(cluster, 0, s_names[..replicas.Length]);
        var release = new TaskCompletionSource();
        foreach (var storage in bench.Storages.RemoveAt(0))
            bench[storage].Hang = release.Task;
        var recorded = bench.Storages.Zip(replicas).Where(r => r.Second != "-").ToArray();
        foreach (var (storage, _) in recorded)
            bench[storage].Write(Path, "HEAD", Main);
        var imported = recorded.Select(r => new ImportedReplica(r.First, long.Parse(r.Second, CultureInfo.InvariantCulture), null));
        var generation = long.Parse(replicas[0], CultureInfo.InvariantCulture);
        await bench.Grain.ImportAsync(new ImportedRepository(810_000, Path, "P", generation, [.. imported], null), default);
        return (bench, release);
    }

    private static async Task<string> VoteAsync(Bench bench, MutatorRoute route, string storage, string[] votes)
    {
        var said = new List<string>();
        for (var i = 0; i < votes.Length; i++)
        {
            var ballot = new Ballot(route.TransactionId, storage, Bench.VoteFor(votes[i]), VotePhase.Prepared, i + 1);
            VoteResult result;
            do
                result = await bench.Grain.VoteAsync(ballot, default);
            while (result.Answer == VoteAnswer.Pending);
            if (result.Answer == VoteAnswer.Commit)
                bench[storage].Write(route.ReplicaPath, Main, votes[i]);
            said.Add(result.Answer == VoteAnswer.Commit ? "ok" : "x");
        }

        return string.Join(',', said);
    }

    private static async Task<string> GenerationsAsync(Bench bench)
    {
        var metadata = await bench.MetadataAsync();
        return Facts.Join(bench.Storages.Select(s => metadata.Replicas.SingleOrDefault(r => r.Storage == s)?.Generation ?? -1).Select(g => g < 0 ? "-" : $"{g}"));
    }
}

/// <summary>Nothing here is done by the clock: what happens follows from the write itself.</summary>
public sealed class OutcomesWithoutUpkeepTests(TestClusterWithoutUpkeep cluster) : IClassFixture<TestClusterWithoutUpkeep>
{
    /// <summary>One replica that agrees with itself is no vote, yet the write stands: as on one replica, and the other one is brought level at once.</summary>
    [Fact]
    public async Task The_only_secondary_that_disagrees_is_outdated_and_repaired_at_once()
    {
        var bench = new Bench(cluster, 0, "P", "S1");
        await bench.CreateAsync();
        var held = new TaskCompletionSource();
        var route = await bench.BeginAsync();
        var other = Assert.Single(route.Secondaries);
        bench[other].Hang = held.Task;
        Assert.Equal(VoteAnswer.Commit, (await bench.VoteAsync(route, route.Primary, "1")).Answer);
        bench[route.Primary].Write(route.ReplicaPath, "refs/heads/main", "1");
        Assert.Equal(VoteAnswer.Abort, (await bench.VoteAsync(route, other, "2")).Answer);

        var result = await bench.FinishAsync(route);

        Assert.Equal((WriteOutcome.Recorded, 1L), (result.Outcome, result.Generation));
        Assert.Equal($"{other}=node-not-committed", Assert.Single(result.Outdated));
        Assert.Equal(route.Primary, Assert.Single(await bench.ReadableAsync()));
        Assert.Equal(0, (await bench.MetadataAsync()).Replicas.Single(r => r.Storage == other).Generation);
        held.SetResult();
        await bench.LevelAsync();
        Assert.Equal("1", bench[other].Read(route.ReplicaPath, "refs/heads/main"));
    }
}
