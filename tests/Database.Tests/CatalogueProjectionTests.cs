using System.Globalization;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

[Collection(Databases.Name)]
public sealed class CatalogueProjectionTests(PostgresServer server)
{
    [PostgresTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_catalogue_equals_the_states_after_any_sequence_of_writes(int seed)
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        var writer = new GrainStateWriter(dataSource);
        var nextId = 0L;

        // Several grains write at the same time, each its own repository, as silos do.
        var lives = await Task.WhenAll(Enumerable.Range(0, 6).Select(grain => Task.Run(() => LiveAsync(grain, new Random((seed * 100) + grain)))));

        Assert.Equal(CatalogueContents.Of(lives), await CatalogueContents.ReadAsync(dataSource));
        Assert.Equal(
            CatalogueContents.Of(lives).Count(static line => line.Contains(" primary ", StringComparison.Ordinal)),
            await Databases.ScalarAsync<long>(dataSource, "SELECT catalogue_rebuild()"));
        Assert.Equal(CatalogueContents.Of(lives), await CatalogueContents.ReadAsync(dataSource));

        async Task<Record> LiveAsync(int grain, Random random)
        {
            var key = $"default/path-{grain}.git";
            var record = new Record();
            int? version = null;
            for (var step = 0; step < 60; step++)
            {
                var next = RandomLives.Step(record, grain, random, () => Interlocked.Increment(ref nextId));
                if (next.RepositoryId == 0 && version is not null && random.Next(2) == 0)
                {
                    var delete = random.Next(2) == 0;
                    var cleared = await writer.ClearAsync(key, version, delete);
                    Assert.NotNull(cleared);
                    version = delete ? null : cleared;
                }
                else
                {
                    version = await writer.WriteAsync(key, Records.Json(next, withNulls: random.Next(2) == 0), version);
                    Assert.NotNull(version);
                }

                record = next;
                if (grain == 0 && step % 10 == 0)
                {
                    var mine = CatalogueContents.Of([record]);
                    var all = await CatalogueContents.ReadAsync(dataSource);
                    Assert.Equal(mine, all.Where(line => line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{record.RepositoryId} "), StringComparison.Ordinal)), StringComparer.Ordinal);
                }
            }

            return record;
        }
    }

    [PostgresFact]
    public async Task Only_states_named_repository_are_projected()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        var writer = new GrainStateWriter(dataSource);

        await writer.WriteAsync("0", """{"ReservedUpTo":100}""", version: null, "repository-id");
        await writer.WriteAsync("default/a.git", Records.Json(Records.One(7)), version: null, "something-else");

        Assert.Empty(await CatalogueContents.ReadAsync(dataSource));
    }

    [PostgresFact]
    public async Task An_id_that_is_in_use_is_refused_and_leaves_the_other_repository_alone()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        var writer = new GrainStateWriter(dataSource);
        var first = Records.One(7) with { RelativePath = "a.git" };
        await writer.WriteAsync("default/a.git", Records.Json(first), version: null);

        var refusal = await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => writer.WriteAsync("default/b.git", Records.Json(first with { RelativePath = "b.git" }), version: null));

        Assert.Equal("repository id 7 already in use", refusal.MessageText);
        Assert.Equal(CatalogueContents.Of([first]), await CatalogueContents.ReadAsync(dataSource));
        Assert.Equal(1L, await Databases.ScalarAsync<long>(dataSource, "SELECT count(*) FROM orleans_grain_state"));
    }

    [PostgresFact]
    public async Task A_write_that_only_opens_a_transaction_touches_no_catalogue_row()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        var writer = new GrainStateWriter(dataSource);
        var record = Records.One(7, 3, new Replica("gitaly-1", 3, VerifiedAt: null), new Replica("gitaly-2", 2, VerifiedAt: null));
        var version = await writer.WriteAsync("default/a.git", Records.Json(record), version: null);
        const string Rows = "SELECT string_agg(xmin::text || ctid::text, ' ') FROM (SELECT xmin, ctid FROM catalogue_repositories UNION ALL SELECT xmin, ctid FROM catalogue_replicas) AS rows";
        var before = await Databases.ScalarAsync<string>(dataSource, Rows);

        await writer.WriteAsync("default/a.git", Records.Json(record with { OpenWrites = [new OpenWrite(ulong.MaxValue, ["gitaly-1"])] }), version);

        Assert.Equal(before, await Databases.ScalarAsync<string>(dataSource, Rows));
    }
}
