using Praefect.Grains.Assignment;
using Praefect.Grains.Replicas;
using Praefect.Grains.Repositories;
using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests.Assignment;

/// <summary>Group G of the cases.</summary>
public sealed class AssignmentRulesTests
{
    private static readonly RepositoryKey Key = new("virtual-storage", "relative-path");

    [Theory]
    [InlineData(null, "storage-1 storage-2 storage-3")]
    [InlineData("unconfigured", "storage-1 storage-2 storage-3")]
    [InlineData("storage-1 storage-2 unconfigured", "storage-1 storage-2")]
    public void Assigned_are_the_configured_ones_of_the_explicit_ones_and_all_where_none_is_left(string? assigned, string then) =>
        Assert.Equal(then, Facts.Join(Facts.Record("storage-1:0", "storage-1", assigned).Assigned(Facts.List("storage-1 storage-2 storage-3"))));

    [Theory]
    [InlineData(null, 1, "P")]
    [InlineData("U", 1, "P")]
    [InlineData("P S1", 2, "P S1")]
    [InlineData("P", 2, "P S?")]
    [InlineData("P", 3, "P S1 S2")]
    [InlineData("S1 U", 1, "S1")]
    [InlineData("P S1 S2", 2, "P S?")]
    [InlineData("P S1 S2", 1, "P")]
    [InlineData("P", 4, "attempted to set replication factor 4 but virtual storage only contains 3 storages")]
    [InlineData(null, 0, "attempted to set replication factor 0 but minimum is 1")]
    public void A_replication_factor_adds_the_primary_first_and_never_takes_it_away(string? assigned, int factor, string then)
    {
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var result = Set(Facts.Record("P:0 S1:0 S2:0", "P", assigned), factor, new SeededRandomSource(seed));
            Assert.Equal(then, then.Contains('?') ? result.Replace("S1", "S?").Replace("S2", "S?") : result);
        }
    }

    [Fact]
    public void The_choice_among_equals_is_random()
    {
        var chosen = Enumerable.Range(0, 50).Select(seed => Set(Facts.Record("P:0 S1:0 S2:0", "P", "P"), 2, new SeededRandomSource(seed)));
        Assert.Equal(["P S1", "P S2"], chosen.Distinct().Order());
    }

    [Fact]
    public void A_repository_without_a_record_is_not_found() =>
        Assert.Equal("repository \"virtual-storage\"/\"relative-path\" not found", Set(RepositoryRecord.None, 1, new FixedRandom()));

    [Fact]
    public void An_impossible_factor_is_told_of_before_a_missing_repository() =>
        Assert.Equal("attempted to set replication factor 0 but minimum is 1", Set(RepositoryRecord.None, 0, new FixedRandom()));

    [Theory]
    [InlineData("P:1 S1:0 S2:1", "P", 2, "P S2")]
    [InlineData("P:1 S1:1 S2:0", "P S1 S2", 2, "P S1")]
    [InlineData("P:1 S2:0", "P S1 S2", 2, "P S2")]
    public void Storages_with_a_better_replica_are_preferred(string replicas, string assigned, int factor, string then)
    {
        foreach (var seed in Enumerable.Range(0, 20))
            Assert.Equal(then, Set(Facts.Record(replicas, "P", assigned), factor, new SeededRandomSource(seed)));
    }

    [Fact]
    public void Assignments_to_storages_that_are_not_configured_are_not_touched()
    {
        var record = AssignmentRules.WithReplicationFactor(Facts.Record("P:0", "P", "U P S1"), Key, Facts.List("P S1 S2"), 1, new FixedRandom());
        Assert.Equal("U P", Facts.Join(record.Assignments!.Value));
    }

    [Theory]
    [InlineData(0, "P S2", null)]
    [InlineData(1, "", "S1")]
    [InlineData(3, "P S2", "S1 P S2")]
    public void A_found_repository_is_copied_to_as_many_storages_as_the_default_says(int factor, string secondaries, string? assigned)
    {
        var (to, stored) = AssignmentRules.ForFound(Facts.View("P S1 S2", factor), "S1", new FixedRandom());
        Assert.Equal(secondaries, Facts.Join(to));
        Assert.Equal(assigned, stored is { } s ? Facts.Join(s) : null);
    }

    private static string Set(RepositoryRecord record, int factor, IRandomSource random)
    {
        try
        {
            return Facts.Join(AssignmentRules.WithReplicationFactor(record, Key, Facts.List("P S1 S2"), factor, random).Assigned(Facts.List("P S1 S2")));
        }
        catch (RouteException e)
        {
            return e.Message;
        }
    }
}
