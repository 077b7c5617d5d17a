namespace Praefect.Database.Tests.Catalogue;

/// <summary>Groups F2 (which repositories are partially available) and H3 (which are unavailable) of the cases, on the file; the same queries agree with Postgres.</summary>
public sealed class ReportedRepositoriesTests
{
    private static readonly string[] s_configured = ["P", "S"];

    [Theory]
    [InlineData(1, "P:0 S:0", null, "P S", false)]
    [InlineData(2, "P:1 S:1 U:0", null, "P S", false)]
    [InlineData(3, "P:0 S:0 U:1", null, "P S", true)]
    [InlineData(4, "P:0", null, "P S", true)]
    [InlineData(5, "P:1 S:0", null, "P S", true)]
    [InlineData(6, "P:10", null, "P S", true)]
    [InlineData(7, "P:10 S:0", null, "P S", true)]
    [InlineData(9, "P:0", "P", "P S", false)]
    [InlineData(10, "P:1 S:0", "P", "P S", false)]
    [InlineData(11, "P:0", "P S", "P S", true)]
    [InlineData(12, "P:1 S:0", "P S", "P S", true)]
    [InlineData(13, "P:0 S:1", "P", "P S", true)]
    [InlineData(14, "S:0", "P", "P S", true)]
    [InlineData(15, "U:0", "P", "P S", true)]
    [InlineData(16, "P:1", "P U", "P S", false)]
    [InlineData(17, "P:1 U:0", "P U", "P S", false)]
    [InlineData(18, "U:0", "U", "P S", true)]
    [InlineData(19, "P:0 S:0", "P S", "", true)]
    [InlineData(20, "P:0 S:0", "P", "S", true)]
    [InlineData(21, "P:0 S:0", "P", "P", false)]
    [InlineData(22, "P:0 S:0", "P S", "P", true)]
    public async Task Partially_available_is_what_an_assigned_storage_could_not_lead(int number, string replicas, string? assigned, string healthy, bool then)
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await tested.WriteAsync(One(1, replicas, assigned));
        var found = await CatalogueSuite.ListAsync(tested.Open().DatalossAsync("default", s_configured, healthy.Split(' '), includePartial: true, default));
        Assert.Equal((number, then), (number, found.Count == 1));
    }

    [Theory]
    [InlineData("one replica, unhealthy", "P:0", null, "S", 1)]
    [InlineData("one replica, healthy", "P:0", null, "P S", 0)]
    [InlineData("healthy one outdated, current one unhealthy", "P:1 S:0", null, "S", 1)]
    [InlineData("current assigned unhealthy, current unassigned healthy", "P:0 S:0", "P", "S", 0)]
    [InlineData("current assigned healthy, outdated unassigned", "P:1 S:0", "P", "P S", 0)]
    public async Task Unavailable_is_what_no_healthy_storage_has_up_to_date(string what, string replicas, string? assigned, string healthy, long then)
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        Assert.Equal(0, await tested.Open().CountUnavailableAsync("default", s_configured, [], default));
        await tested.WriteAsync(One(1, replicas, assigned));
        Assert.Equal((what, then), (what, await tested.Open().CountUnavailableAsync("default", s_configured, healthy.Split(' '), default)));
        await tested.WriteAsync(One(2, replicas, assigned));
        Assert.Equal((what, then * 2), (what, await tested.Open().CountUnavailableAsync("default", s_configured, healthy.Split(' '), default)));
        await tested.WriteAsync(new Record { RelativePath = "1" });
        await tested.WriteAsync(new Record { RelativePath = "2" });
        Assert.Equal(0, await tested.Open().CountUnavailableAsync("default", s_configured, [], default));
    }

    private static Record One(long id, string replicas, string? assigned)
    {
        var parsed = replicas.Split(' ').Select(static one => one.Split(':')).Select(static one => new Replica(one[0], long.Parse(one[1], null), VerifiedAt: null)).ToArray();
        return Records.One(id, parsed.Max(static one => one.Generation), parsed) with { RelativePath = $"{id}", Assignments = assigned?.Split(' ') };
    }
}
