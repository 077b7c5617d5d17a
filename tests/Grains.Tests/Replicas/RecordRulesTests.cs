using Praefect.Grains.Assignment;
using Praefect.Grains.Repair;
using Praefect.Grains.Replicas;

namespace Praefect.Grains.Tests.Replicas;

public sealed class RecordRulesTests
{
    [Theory]
    [InlineData(1, "a/b.git", "@cluster/repositories/6b/86/1")]
    [InlineData(1, "@pools/aa/bb/aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899.git", "@cluster/pools/6b/86/1")]
    [InlineData(1, "@pools/aa/bc/aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899.git", "@cluster/repositories/6b/86/1")]
    [InlineData(2, "x", "@cluster/repositories/d4/73/2")]
    public void The_replica_path_comes_from_the_id_and_tells_pools(long id, string relativePath, string path) =>
        Assert.Equal(path, ReplicaPaths.For(id, relativePath));

    [Fact]
    public void Only_replicas_at_the_repositorys_generation_rise()
    {
        var raised = Facts.Record("P:3 S1:3 S2:1").Increment(["P", "S2", "unknown"])!;
        Assert.Equal(4, raised.Generation);
        Assert.Equal("P:4 S1:3 S2:1", Facts.Join(raised.Replicas.Select(r => $"{r.Storage}:{r.Generation}")));
    }

    [Fact]
    public void A_write_to_outdated_nodes_raises_nothing() => Assert.Null(Facts.Record("P:3 S1:1").Increment(["S1"]));

    [Theory]
    [InlineData("P S > P S", "P:2 S:2")]
    [InlineData("P > P S", "P:2 S:0")]
    [InlineData("P > S", "P:1 S:0")]
    public void Writes_that_follow_one_another_raise_who_took_all_of_them(string writes, string then)
    {
        var record = Facts.Record("P:0 S:0");
        foreach (var write in writes.Split(" > "))
            record = record.Increment(Facts.List(write)) ?? record;
        Assert.Equal(then, Facts.Join(record.Replicas.Select(r => $"{r.Storage}:{r.Generation}")));
    }

    [Theory]
    [InlineData("S1:0 S2:0", "S1", "S1:1 S2:0")]
    [InlineData("S1:0", "S2", "S1:0 S2:1")]
    public void An_authoritative_storage_is_ahead_of_all_others_whether_or_not_it_had_a_replica(string replicas, string storage, string then)
    {
        var record = AuthorityRules.WithAuthority(Facts.Record(replicas), storage);
        Assert.Equal(then, Facts.Join(record.Replicas.OrderBy(r => r.Storage, StringComparer.Ordinal).Select(r => $"{r.Storage}:{r.Generation}")));
        Assert.Equal(1, record.Generation);
    }

    [Fact]
    public void A_replica_is_never_lowered()
    {
        var record = Facts.Record("P:3 S1:1");
        Assert.Same(record, record.WithReplica("P", 2, default));
        Assert.Equal(3, record.WithReplica("S1", 3, default).GenerationOf("S1"));
        Assert.Equal(3, record.WithReplica("S2", 3, default).GenerationOf("S2"));
    }

    [Fact]
    public void The_last_good_replica_stays_on_record_even_when_its_node_has_lost_it()
    {
        var record = Facts.Record("P:3 S1:1");
        Assert.Same(record, record.WithoutReplica("P"));
        Assert.Equal(-1, Facts.Record("P:3 S1:3").WithoutReplica("P").GenerationOf("P"));
    }

    [Theory]
    [InlineData("P S1 S2", "S1>P S2>P")]
    [InlineData("P S1", "S1>P")]
    [InlineData("S1 S2", "")]
    public void Copies_are_made_from_an_up_to_date_source_to_healthy_targets(string healthy, string then)
    {
        var plan = RepairPlan.Make(Facts.Record("P:2 S1:1"), Facts.View(healthy));
        Assert.Equal(then, Facts.Join(plan.Select(s => $"{s.Target}>{s.Source}")));
    }

    [Fact]
    public void A_primary_that_is_behind_gets_its_copy_from_another_and_stays_primary()
    {
        var record = Facts.Record("P:0 S1:1 S2:1");
        Assert.Equal(new RepairStep("P", "S1"), Assert.Single(RepairPlan.Make(record, Facts.View("P S1 S2"))));
        Assert.Equal("P", record.WithReplica("P", 1, default).Primary);
    }

    [Fact]
    public void Unassigned_replicas_are_left_to_fall_behind()
    {
        Assert.Empty(RepairPlan.Make(Facts.Record("P:2 S1:1 S2:2", "P", "P S2"), Facts.View("P S1 S2")));
        Assert.Equal("S2", RepairPlan.Make(Facts.Record("P:1 S1:1 S2:2", "P", "P"), Facts.View("P S1 S2")).Single().Source);
    }

    [Fact]
    public void The_wait_between_failed_copies_grows_to_its_bound_and_ends_when_the_target_returns()
    {
        var backoff = new RepairBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        var waits = Enumerable.Range(0, 5).Select(_ =>
        {
            backoff.Failed(DateTimeOffset.UnixEpoch);
            return (backoff.NotBefore - DateTimeOffset.UnixEpoch).TotalSeconds;
        });
        Assert.Equal([1, 2, 4, 5, 5], waits.ToArray());
        backoff.Forget();
        Assert.Equal(default, backoff.NotBefore);
    }
}
