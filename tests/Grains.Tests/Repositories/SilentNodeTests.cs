using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

/// <summary>Comparisons of replicas with a node that hangs, where waiting for its answer takes longer than anybody waits.</summary>
public sealed class SilentNodeTests(TestClusterWithPatience cluster) : IClassFixture<TestClusterWithPatience>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silent_primary_is_not_waited_for_and_is_repaired_when_it_is_back(bool knownBefore)
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        var hang = new TaskCompletionSource();
        bench[route.Primary].Hang = hang.Task;
        bench[route.Primary].Silent = knownBefore;

        var result = await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Ok(route.Secondaries[0]), Bench.Ok(route.Secondaries[1]));
        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        if (!knownBefore)
            await Bench.EventuallyAsync(() => Task.FromResult(bench[route.Primary].Waiting > 0), "asked for its checksum");
        bench[route.Primary].Silent = true;

        var next = await bench.BeginAsync();
        Assert.Contains(next.Primary, route.Secondaries);
        Assert.Single(next.Secondaries);
        await bench.VoteAndApplyAsync(next, "refs/heads/main", "2");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(next)).Outcome);

        hang.SetResult();
        bench[route.Primary].Silent = false;
        await bench.LevelAsync();
        Assert.Equal("2", bench[route.Primary].Read(route.ReplicaPath, "refs/heads/main"));
    }

    [Fact]
    public async Task Where_all_nodes_are_silent_their_answers_are_waited_for()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        var route = await bench.BeginAsync();
        await bench.VoteAndApplyAsync(route, "refs/heads/main", "1");
        var hang = new TaskCompletionSource();
        foreach (var storage in bench.Storages)
            (bench[storage].Hang, bench[storage].Silent) = (hang.Task, true);

        await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Ok(route.Secondaries[0]), Bench.Ok(route.Secondaries[1]));
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Storages.All(s => bench[s].Waiting > 0)), "all are asked");
        hang.SetResult();
        foreach (var storage in bench.Storages)
            bench[storage].Silent = false;

        var next = await bench.BeginAsync();
        Assert.Equal(2, next.Secondaries.Length);
        Assert.Equal(route.Primary, next.Primary);
        Assert.Equal(WriteOutcome.Unchanged, (await bench.FinishAsync(next, [.. bench.Storages.Select(s => Bench.Failed(s))])).Outcome);
    }
}
