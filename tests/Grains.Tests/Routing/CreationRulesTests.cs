using Praefect.Grains.Routing;

namespace Praefect.Grains.Tests.Routing;

/// <summary>Group A5 of the cases; a shuffle reverses.</summary>
public sealed class CreationRulesTests
{
    [Theory]
    [InlineData(3, "P", 0, "P |  | S1 S2", 1, 0)]
    [InlineData(4, "P S1 S2", 0, "P | S1 S2 | ", 3, 0)]
    [InlineData(5, "P S1", 0, "P | S1 | S2", 2, 0)]
    [InlineData(6, "P S1 S2", 1, "P |  | ", 3, 0)]
    [InlineData(7, "P S1 S2", 2, "P | S2 | ", 3, 2)]
    [InlineData(8, "P S1", 3, "P | S1 | S2", 2, 2)]
    public void A_repository_goes_to_as_many_storages_as_wanted(int number, string healthy, int factor, string then, int picked, int shuffled)
    {
        var random = new FixedRandom();
        var placement = CreationRules.Free(Facts.View(healthy, factor), random);

        Assert.True(then == Text(placement), $"case {number}: {Text(placement)}");
        Assert.Equal(picked, Assert.Single(random.Asked));
        Assert.Equal(shuffled, random.Shuffled.SingleOrDefault());
        Assert.Equal(factor > 0, placement.Assignments is not null);
    }

    [Fact]
    public void Without_a_healthy_node_nothing_is_picked()
    {
        var random = new FixedRandom();
        var failure = Assert.Throws<RouteException>(() => CreationRules.Free(Facts.View(string.Empty), random));
        Assert.Equal(RouteFailure.NoHealthyNodes, failure.Failure);
        Assert.Empty(random.Asked);
    }

    [Theory]
    [InlineData(12, "P S1 S2", 1, "P", "", true, "P |  | ")]
    [InlineData(13, "P", 0, "P", "", true, "P |  | ")]
    [InlineData(14, "P S1 S2", 0, "P S1 S2", "", false, "P | S1 S2 | ")]
    [InlineData(15, "P S2", 0, "P S1 S2", "", true, "P | S2 | S1")]
    [InlineData(16, "P S1 S2", 0, "P S2", "S1", true, "P | S2 | S1")]
    [InlineData(17, "P S1 S2", 2, "P S1 S2", "", true, "P | S1 S2 | ")]
    public void A_repository_beside_another_gets_exactly_its_storages(
        int number, string healthy, int factor, string upToDate, string others, bool isExplicit, string then)
    {
        var beside = new Placement("path", "P", Facts.List(upToDate), Facts.List(others), isExplicit);
        var placement = CreationRules.Beside(Facts.View(healthy, factor), beside);
        Assert.True(then == Text(placement), $"case {number}: {Text(placement)}");
        Assert.Equal(isExplicit || factor > 0, placement.Explicit);
    }

    [Fact]
    public void A_repository_beside_one_whose_primary_is_down_cannot_be_created()
    {
        var beside = new Placement("path", "P", ["P", "S1"], [], true);
        var failure = Assert.Throws<RouteException>(() => CreationRules.Beside(Facts.View("S1 S2"), beside));
        Assert.Equal("primary gitaly is not healthy", failure.Message);
    }

    private static string Text(CreationPlacement p) => $"{p.Primary} | {Facts.Join(p.Secondaries)} | {Facts.Join(p.Targets)}";
}
