using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class RepairTests(TestCluster cluster)
{
    [Fact]
    public async Task A_replica_of_a_repository_under_continuous_writes_catches_up()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        bench["S2"].Alive = false;
        Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync("refs/heads/main", "0")).Outcome);
        var written = new int[4];
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal(WriteOutcome.Recorded, (await bench.WriteAsync($"refs/heads/{w}", $"{written[w] + 1}")).Outcome);
                Interlocked.Increment(ref written[w]);
            }
        })).ToArray();

        await Bench.EventuallyAsync(() => Task.FromResult(written.Min() > 5), "all writers are writing");
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(async () => (await bench.BeginAndEndAsync()).Contains("S2"), "S2 takes part in writes again");
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await bench.LevelAsync();
        Assert.All(bench.Storages, s => Assert.Equal($"{written[0]}", bench[s].Read(created.ReplicaPath, "refs/heads/0")));
        Assert.Single(bench.Storages.Select(s => bench[s].Checksum(created.ReplicaPath)).Distinct());
    }

    [Fact]
    public async Task Nothing_is_copied_to_a_node_that_is_down()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        Assert.False(await bench.Grain.RepairAsync(default));
        Assert.Equal(0, bench["S2"].Copies);

        bench["S2"].Alive = true;
        await bench.LevelAsync();
        Assert.Equal(1, bench["S2"].Copies);
        Assert.NotNull((await bench.MetadataAsync()).Replicas.Single(r => r.Storage == "S2").VerifiedAt);
        Assert.True(await bench.Grain.RepairAsync(default));
    }

    [Fact]
    public async Task A_copy_is_made_only_by_whom_the_store_has_just_confirmed_as_the_owner_of_the_record()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        var held = new TaskCompletionSource();
        var before = bench.Store.Starts;
        bench.Store.Held = held.Task;
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts > before), "the record is written before the copy");
        Assert.Equal(0, bench["S2"].Copies);

        // Another activation took over meanwhile: this one was stopped in its tracks for longer than that takes.
        bench.Touch();
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();

        await bench.LevelAsync();
        Assert.Equal(1, bench["S2"].Copies);
    }

    [Fact]
    public async Task A_copy_that_an_activation_left_under_way_is_given_time_before_the_next_one_is_made()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        var hang = new TaskCompletionSource();
        bench["S2"].Hang = hang.Task;
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(bench["S2"].Waiting > 0), "the node was told to copy");

        await bench.CrashAsync();
        bench["S2"].Hang = Task.CompletedTask;
        var crashed = TimeProvider.System.GetTimestamp();
        await bench.LevelAsync();

        // The tests' cluster waits 300 ms, and copies at once otherwise.
        Assert.InRange(TimeProvider.System.GetElapsedTime(crashed), TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(1));
        hang.SetResult();
    }

    [Fact]
    public async Task A_copy_that_ends_with_its_activation_is_cut_off_in_a_turn_of_it()
    {
        var bench = new Bench(cluster);
        await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        var hang = new TaskCompletionSource();
        bench["S2"].Hang = hang.Task;
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(() => Task.FromResult(bench["S2"].Waiting > 0), "the node was told to copy");

        await bench.CrashAsync();
        await Bench.EventuallyAsync(() => Task.FromResult(!bench["S2"].CutOffIn.IsEmpty), "the copy is cut off");

        Assert.DoesNotContain(TaskScheduler.Default, bench["S2"].CutOffIn);
        hang.SetResult();
    }

    [Fact]
    public async Task A_copy_that_differs_from_its_source_makes_no_replica_up_to_date()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        bench["S2"].SpoilsCopies = true;
        bench["S2"].Alive = true;

        await Bench.EventuallyAsync(() => Task.FromResult(bench["S2"].Copies >= 3), "S2 was copied to again and again");
        Assert.Equal(0, (await bench.MetadataAsync()).Replicas.Single(r => r.Storage == "S2").Generation);
        Assert.DoesNotContain("S2", await bench.ReadableAsync());

        bench["S2"].SpoilsCopies = false;
        await bench.LevelAsync();
        Assert.Equal(bench["P"].Checksum(created.ReplicaPath), bench["S2"].Checksum(created.ReplicaPath));
    }

    [Fact]
    public async Task A_copy_that_runs_while_its_repository_is_removed_is_removed_after_it()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        bench["S2"].Alive = false;
        await bench.WriteAsync("refs/heads/main", "1");
        var held = new TaskCompletionSource();
        bench["S2"].Hang = held.Task;
        bench["S2"].Alive = true;
        await Bench.EventuallyAsync(
            async () =>
            {
                await bench.Grain.RepairAsync(default);
                return bench["S2"].Waiting > 0;
            },
            "a copy to S2 has begun");
        Assert.NotNull(await bench.Grain.RemoveAsync(default));
        bench["S2"].Hang = Task.CompletedTask;
        held.SetResult();
        await Bench.EventuallyAsync(() => Task.FromResult(!bench["S2"].Has(created.ReplicaPath)), "S2 has no copy");
        Assert.True(bench["S1"].Has(created.ReplicaPath), "what the caller is to remove was removed by the grain");
    }
}
