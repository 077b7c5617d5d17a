using Microsoft.Data.Sqlite;
using Praefect.Store;

namespace Praefect.Database.Tests.Catalogue;

public sealed class SqliteCatalogueTests
{
    [Fact]
    public async Task Dataloss_tells_unavailable_from_partially_replicated_by_who_is_healthy()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.TellsUnavailableFromPartialAsync(tested);
    }

    [Fact]
    public async Task Lists_come_whole_and_in_order_over_any_number_of_pages()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.ListsInPagesAsync(tested);
    }

    [Fact]
    public async Task Two_verifiers_never_hold_the_same_replica_until_its_lease_ends()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.LeasesOnceAsync(tested);
    }

    [Fact]
    public async Task A_repository_is_found_by_id_and_by_replica_path()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.FindsAsync(tested);
    }

    [Fact]
    public async Task What_is_behind_and_what_waits_for_verification_is_counted_by_storage()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.CountsAsync(tested);
    }

    [Fact]
    public async Task A_repository_without_an_up_to_date_replica_on_a_healthy_storage_is_unavailable()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.CountsUnavailableAsync(tested);
    }

    [Fact]
    public async Task A_repository_with_an_assigned_storage_that_cannot_serve_it_is_partially_available()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await CatalogueSuite.ListsPartiallyAvailableAsync(tested);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_catalogue_equals_the_states_after_any_sequence_of_writes(int seed)
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        var random = new Random(seed);
        var nextId = 0L;
        var lives = Enumerable.Range(0, 6).Select(static grain => new Record { RelativePath = $"path-{grain}.git" }).ToArray();
        for (var step = 0; step < 300; step++)
        {
            var grain = random.Next(lives.Length);
            lives[grain] = RandomLives.Step(lives[grain], grain, random, () => ++nextId);
            await tested.WriteAsync(lives[grain]);
            Assert.Equal(CatalogueContents.Of(lives), await tested.ContentsAsync());
        }
    }

    [Fact]
    public async Task A_file_without_a_catalogue_gets_one_and_keeps_it_over_a_restart()
    {
        await using var tested = await SqliteUnderTest.CreateAsync(scripts: false);
        var first = CatalogueSuite.At(1, 5, [("a", 5), ("b", 3)]);
        var second = CatalogueSuite.At(2, 0, [("b", 0)]);
        await tested.WriteAsync(first);
        for (var start = 0; start < 2; start++)
        {
            await tested.Store.DisposeAsync();
            await tested.StartAsync();
            Assert.Equal(CatalogueContents.Of(start == 0 ? [first] : [first, second]), await tested.ContentsAsync());
            if (start == 0)
                await tested.WriteAsync(second);
        }
    }

    [Fact]
    public async Task An_id_that_is_in_use_is_refused_and_leaves_the_other_writes_alone()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        var first = Records.One(7) with { RelativePath = "a.git" };
        await tested.WriteAsync(first);

        var others = Enumerable.Range(10, 20).Select(id => CatalogueSuite.At(id, 0, [("a", 0)])).ToArray();
        var refused = Assert.ThrowsAsync<SqliteException>(() => tested.WriteAsync(first with { RelativePath = "b.git" }));
        await Task.WhenAll(others.Select(tested.WriteAsync));

        Assert.Contains("repository id already in use", (await refused).Message, StringComparison.Ordinal);
        Assert.Equal(CatalogueContents.Of([first, .. others]), await tested.ContentsAsync());
        Assert.Null(await tested.Store.ReadStateAsync(new StateKey("repository", "default/b.git", "repository"), default));
    }

    [Fact]
    public async Task Only_states_named_repository_are_projected()
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        await tested.Store.WriteStateAsync(new StateKey("repositoryid", "0", "repository-id"), """{"ReservedUpTo":100}""", null, default);
        await tested.Store.WriteStateAsync(new StateKey("repository", "x", "other"), Records.Json(Records.One(7)), null, default);
        Assert.Empty(await tested.ContentsAsync());
    }

    [Theory]
    [InlineData("2024-02-03T04:05:06+00:00", "2024-02-03T04:05:06.0000000+00:00")]
    [InlineData("2024-02-03T04:05:06.1234567+00:00", "2024-02-03T04:05:06.1234560+00:00")]
    [InlineData("2024-02-03T04:05:06.5+02:00", "2024-02-03T02:05:06.5000000+00:00")]
    [InlineData("yesterday", null)]
    public async Task Times_of_verification_are_read_to_the_microsecond_and_odd_ones_count_as_never(string text, string? then)
    {
        await using var tested = await SqliteUnderTest.CreateAsync();
        var json = Records.Json(CatalogueSuite.At(1, 0, [("a", 0)], DateTimeOffset.UnixEpoch)).Replace("1970-01-01T00:00:00+00:00", text, StringComparison.Ordinal);
        await tested.Store.WriteStateAsync(new StateKey("repository", "x", "repository"), json, null, default);
        var replica = Assert.Single(await CatalogueSuite.ListAsync(tested.Open().ReplicasOfAsync("default", "a", default)));
        Assert.Equal(then, replica.VerifiedAt?.ToString("O"));
    }
}
