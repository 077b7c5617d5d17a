using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;
using Praefect.Grains.Turns;

namespace Praefect.Grains.Tests.Explain;

[Collection(ClusterTests.Name)]
public sealed class ExplainTests(TestCluster cluster)
{
    [Fact]
    public async Task A_repository_without_a_record_says_so_and_what_was_asked_of_it()
    {
        var bench = new Bench(cluster);
        await Assert.ThrowsAsync<RouteException>(() => bench.ReadableAsync());
        var explained = await bench.Grain.ExplainAsync(default);
        Assert.Null(explained.Metadata);
        Assert.Equal("there is no record of it", explained.State);
        Assert.Empty(explained.Replicas);
        Assert.Equal(("read", "refused: repository not found"), (explained.Decisions[0].Call, explained.Decisions[0].Outcome));
    }

    [Fact]
    public async Task A_write_under_way_shows_its_voters_and_their_votes()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        var waiting = bench.VoteAsync(route, route.Primary, "x");
        await Bench.EventuallyAsync(async () => (await bench.Grain.ExplainAsync(default)).Writes is [var w] && w.Voters[0].State == "undecided", "the primary has voted");

        var write = Assert.Single((await bench.Grain.ExplainAsync(default)).Writes);
        Assert.Equal((route.TransactionId, route.Primary, "under way"), (write.TransactionId, write.Primary, write.State));
        Assert.Equal(Bench.Participants(route), write.Voters.Select(v => v.Storage));

        await Task.WhenAll(route.Secondaries.Select(s => bench.VoteAsync(route, s, "x")).Append(waiting));
        write = Assert.Single((await bench.Grain.ExplainAsync(default)).Writes);
        Assert.Equal("under way, told to commit", write.State);
        Assert.All(write.Voters, v => Assert.Equal("committed", v.State));
        await bench.FinishAsync(route);
        Assert.Empty((await bench.Grain.ExplainAsync(default)).Writes);
    }

    [Fact]
    public async Task A_replica_that_is_behind_and_down_says_why_it_serves_nothing_and_what_it_waits_for()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var down = created.Secondaries[0];
        bench[down].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        await bench.ReadableAsync();

        var explained = await bench.Grain.ExplainAsync(default);

        Assert.Equal("serves reads and writes, with 2 of 3 assigned storages up to date and healthy", explained.State);
        var replica = explained.Replicas.Single(r => r.Storage == down);
        Assert.Equal("no: its replica is at generation 0, the repository at 1", replica.Reads);
        Assert.Equal("no: its replica is at generation 0, the repository at 1", replica.Primary);
        Assert.Equal("to be copied when the storage is healthy", replica.Repair);
        Assert.False(replica.Healthy);
        Assert.Equal("yes: up to date and healthy", explained.Replicas.Single(r => r.Storage == created.Primary).Primary);
        Assert.StartsWith("may go to ", explained.Decisions[0].Outcome, StringComparison.Ordinal);
        Assert.Equal(("/gitaly.Test/Write", true), (explained.Decisions[1].Call, explained.Decisions[1].Outcome.EndsWith($"left to repair: {down}", StringComparison.Ordinal)));
        Assert.Equal("/gitaly.Test/Create", explained.Decisions[^1].Call);
    }

    [Fact]
    public async Task A_write_in_doubt_is_told_of()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        foreach (var storage in bench.Storages)
            bench[storage].Alive = false;
        foreach (var storage in bench.Storages)
            bench[storage].Healthy = true;
        Assert.Equal(WriteOutcome.InDoubt, (await bench.FinishAsync(route, [.. Bench.Participants(route).Select(Bench.Broken)])).Outcome);

        var explained = await bench.Grain.ExplainAsync(default);

        Assert.Equal("serves reads; writes wait, since one was cut off and the replicas are being compared", explained.State);
        Assert.Equal("in doubt, told to commit", Assert.Single(explained.Writes).State);
        Assert.Equal("a write was cut off: the replicas are being compared", Assert.Single(explained.Waiting));
        foreach (var storage in bench.Storages)
            (bench[storage].Alive, bench[storage].Healthy) = (true, null);
        await Bench.EventuallyAsync(async () => (await bench.Grain.ExplainAsync(default)).Waiting.IsEmpty, "the doubt is settled");
    }

    [Fact]
    public async Task Who_has_which_turn_and_who_waits_for_it_is_told()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var first = await bench.BeginTurnAsync(Bench.NewId(), ["refs/heads/main", "refs/heads/other"]);
        await using var renewal = bench.Renew(first);
        var second = await bench.QueueAsync(["refs/heads/other"]);
        var third = await bench.QueueAsync([TurnKeys.WholeRepository]);

        var lines = (await bench.Grain.ExplainAsync(default)).Waiting;

        Assert.Equal(3, lines.Length);
        Assert.Matches($"^write {first.TransactionId} has its turn on refs/heads/main, refs/heads/other since [0-9]{{4}}-", lines[0]);
        Assert.Matches("^write [0-9]+ waits for its turn on refs/heads/other since ", lines[1]);
        Assert.Matches("^write [0-9]+ waits for its turn on the whole repository since ", lines[2]);

        await bench.FinishAsync(first);
        var next = await second;
        Assert.StartsWith(
            $"write {next.TransactionId} has its turn on refs/heads/other since ", (await bench.Grain.ExplainAsync(default)).Waiting[0], StringComparison.Ordinal);
        await bench.FinishAsync(next);
        await bench.FinishAsync(await third);
        Assert.Empty((await bench.Grain.ExplainAsync(default)).Waiting);
    }
}
