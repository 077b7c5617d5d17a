using Praefect.Grains.Routing;
using Praefect.Grains.Tests.Cluster;
using Praefect.Grains.Transactions;

namespace Praefect.Grains.Tests.Repositories;

[Collection(ClusterTests.Name)]
public sealed class CreationTests(TestCluster cluster)
{
    [Fact]
    public async Task An_attempt_to_create_that_is_repeated_finds_the_first_one()
    {
        var bench = new Bench(cluster);
        var request = new CreationRequest(Bench.NewId(), "/gitaly.Test/Create", Votes: true, [], null, Upsert: false);

        // Both are under way before an id is reserved; the third comes when the creation is open.
        var routes = await Task.WhenAll(bench.Grain.BeginCreationAsync(request, default), bench.Grain.BeginCreationAsync(request, default));
        var late = await bench.Grain.BeginCreationAsync(request, default);

        Assert.Equal(routes[0].ReplicaPath, routes[1].ReplicaPath);
        Assert.Equal(routes[0].ReplicaPath, late.ReplicaPath);
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(routes[0])).Outcome);
    }

    [Fact]
    public async Task A_repository_exists_only_after_its_creation_was_recorded()
    {
        var bench = new Bench(cluster);
        var route = await bench.BeginCreationAsync();
        await bench.VoteAndApplyAsync(route, "HEAD", "x");
        Assert.False(await bench.Grain.ExistsAsync(default));

        var result = await bench.FinishAsync(route);

        Assert.Equal((WriteOutcome.Recorded, 0L), (result.Outcome, result.Generation));
        Assert.True(await bench.Grain.ExistsAsync(default));
        Assert.Equal(route.ReplicaPath, (await bench.Grain.RouteAccessorAsync(AccessorRequest.Any, default)).ReplicaPath);
        var again = await Assert.ThrowsAsync<RouteException>(() => bench.BeginCreationAsync());
        Assert.Equal(RouteFailure.RepositoryAlreadyExists, again.Failure);
        Assert.False((await bench.BeginCreationAsync(upsert: true)).Creates);
    }

    [Fact]
    public async Task A_creation_that_failed_leaves_nothing_and_can_be_repeated_at_another_path()
    {
        var bench = new Bench(cluster);
        var route = await bench.BeginCreationAsync();
        var result = await bench.FinishAsync(route, [.. Bench.Participants(route).Select(s => Bench.Failed(s))]);

        Assert.Equal(WriteOutcome.Unchanged, result.Outcome);
        Assert.False(await bench.Grain.ExistsAsync(default));
        Assert.NotEqual(route.ReplicaPath, (await bench.CreateAsync()).ReplicaPath);
    }

    [Fact]
    public async Task Of_two_creations_at_once_one_is_refused()
    {
        var bench = new Bench(cluster);
        var both = new[] { bench.BeginCreationAsync(), bench.BeginCreationAsync() };
        var refused = await Assert.ThrowsAsync<RouteException>(() => Task.WhenAll(both));
        Assert.Equal(RouteFailure.CreationUnderWay, refused.Failure);
        var route = await both.Single(b => b.IsCompletedSuccessfully);
        await bench.VoteAndApplyAsync(route, "HEAD", "x");
        Assert.Equal(WriteOutcome.Recorded, (await bench.FinishAsync(route)).Outcome);
    }

    [Fact]
    public async Task A_creation_whose_primary_was_lost_is_dropped_and_cleaned_up()
    {
        var bench = new Bench(cluster);
        var route = await bench.BeginCreationAsync();
        await bench.VoteAndApplyAsync(route, "HEAD", "x");
        bench[route.Primary].Alive = false;

        var result = await bench.FinishAsync(route, Bench.Broken(route.Primary), Bench.Ok(route.Secondaries[0]), Bench.Ok(route.Secondaries[1]));

        Assert.Equal(WriteOutcome.InDoubt, result.Outcome);
        Assert.False(await bench.Grain.ExistsAsync(default));
        await Bench.EventuallyAsync(() => Task.FromResult(!bench[route.Secondaries[0]].Has(route.ReplicaPath)), "leftovers removed");
    }

    [Fact]
    public async Task A_creation_that_was_cut_off_leaves_the_disks_only_once_it_is_off_the_record()
    {
        var bench = new Bench(cluster);
        var route = await bench.BeginCreationAsync();
        await bench.VoteAndApplyAsync(route, "HEAD", "x");
        bench.Touch();
        Assert.Equal(RouteFailure.StoreUnavailable, (await Assert.ThrowsAsync<RouteException>(() => bench.FinishAsync(route))).Failure);
        var held = new TaskCompletionSource();
        var before = bench.Store.Starts;
        bench.Store.Held = held.Task;
        var asked = bench.Grain.ExistsAsync(default);
        await Bench.EventuallyAsync(() => Task.FromResult(bench.Store.Starts > before), "the activation takes the creation off its record");
        Assert.True(bench[route.Primary].Has(route.ReplicaPath));
        bench.Store.Held = Task.CompletedTask;
        held.SetResult();

        Assert.False(await asked);
        await Bench.EventuallyAsync(() => Task.FromResult(!bench[route.Primary].Has(route.ReplicaPath)), "leftovers removed");
    }

    [Fact]
    public async Task A_secondary_that_missed_the_creation_gets_its_copy()
    {
        var bench = new Bench(cluster);
        bench["S2"].Alive = false;
        var route = await bench.CreateAsync();
        Assert.Equal("S2", Assert.Single(route.Targets));
        bench["S2"].Alive = true;
        await bench.LevelAsync();
        Assert.Equal("refs/heads/main", bench["S2"].Read(route.ReplicaPath, "HEAD"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task On_record_after_a_creation_are_those_that_took_it_and_assigned_also_those_that_did_not(int factor)
    {
        var bench = new Bench(cluster, factor);
        var route = await bench.BeginCreationAsync();
        var failed = route.Secondaries[1];
        // Not repaired meanwhile.
        bench[failed].Healthy = false;
        await bench.VoteAndApplyAsync(route, "HEAD", "x");
        await bench.FinishAsync(route, [.. Bench.Participants(route).Select(s => s == failed ? Bench.Failed(s) : Bench.Ok(s))]);

        var metadata = await bench.MetadataAsync();

        Assert.Equal((route.Primary, 0L), (metadata.Primary, metadata.Generation));
        Assert.Equal(Bench.Participants(route).Remove(failed).Order(), metadata.Replicas.Where(r => r.Generation == 0).Select(r => r.Storage));
        Assert.Equal((failed, -1L), metadata.Replicas.Where(r => r.Generation != 0).Select(r => (r.Storage, r.Generation)).Single());
        Assert.All(metadata.Replicas, r => Assert.True(r.Assigned));
        Assert.Equal(factor > 0, (await bench.Grain.GetPlacementAsync(default))!.Explicit);
    }

    [Fact]
    public async Task A_replication_factor_is_stored_as_assignments()
    {
        var bench = new Bench(cluster, factor: 2);
        var route = await bench.CreateAsync();
        Assert.Single(route.Secondaries);
        var placement = await bench.Grain.GetPlacementAsync(default);
        Assert.True(placement!.Explicit);
        Assert.Equal(2, placement.UpToDate.Length);
        Assert.Equal(2, (await bench.MetadataAsync()).Replicas.Count(r => r.Assigned));
    }

    [Fact]
    public async Task Removing_takes_the_record_away_and_says_what_is_left_on_the_disks()
    {
        var bench = new Bench(cluster);
        var created = await bench.CreateAsync();
        var open = await bench.BeginAsync();

        var removed = await bench.Grain.RemoveAsync(default);

        Assert.Equal(created.ReplicaPath, removed!.ReplicaPath);
        Assert.Equal(bench.Storages.Order(), removed.Storages.Order());
        Assert.False(await bench.Grain.ExistsAsync(default));
        Assert.Null(await bench.Grain.RemoveAsync(default));
        var missing = await Assert.ThrowsAsync<RouteException>(() => bench.FinishAsync(open));
        Assert.Equal(RouteFailure.RepositoryNotFound, missing.Failure);
        Assert.NotEqual(created.ReplicaPath, (await bench.CreateAsync()).ReplicaPath);
    }
}
