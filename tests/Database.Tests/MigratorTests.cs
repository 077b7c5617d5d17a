using System.Collections.Immutable;
using Npgsql;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

[Collection(Databases.Name)]
public sealed class MigratorTests(PostgresServer server)
{
    private static readonly MigrationScript Things = new("001_things", "CREATE TABLE IF NOT EXISTS things (id integer PRIMARY KEY);");

    [PostgresFact]
    public async Task A_fresh_database_gets_every_script_once_and_is_up_to_date_then()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        var migrator = new Migrator(dataSource, TimeProvider.System);

        Assert.All(await migrator.StatusAsync(default), static one => Assert.Equal(MigrationState.Pending, one.State));
        Assert.Equal(MigrationScripts.All.Length, await migrator.MigrateAsync(progress: null, ignoreUnknown: true, default));
        Assert.Equal(0, await migrator.MigrateAsync(progress: null, ignoreUnknown: true, default));
        await migrator.EnsureUpToDateAsync(default);
        Assert.All(await migrator.StatusAsync(default), static one => Assert.Equal(MigrationState.Applied, one.State));
    }

    [PostgresFact]
    public async Task Every_script_may_run_again_on_a_database_that_has_it()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await Databases.ScalarAsync<object>(dataSource, "SELECT write_grain_state('s', 'repository', 0, 0, 'k', NULL, convert_to($1, 'UTF8'))", Records.Json(Records.One(1)));

        foreach (var script in MigrationScripts.All)
        {
            await using var command = dataSource.CreateCommand(script.Text);
            await command.ExecuteNonQueryAsync();
        }

        Assert.Equal(1L, await Databases.ScalarAsync<long>(dataSource, "SELECT count(*) FROM catalogue_repositories"));
    }

    [PostgresFact]
    public async Task Migrators_at_the_same_time_apply_each_script_once()
    {
        await using var dataSource = await Databases.EmptyAsync(server);

        var counts = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(
            () => new Migrator(dataSource, TimeProvider.System).MigrateAsync(progress: null, ignoreUnknown: true, default))));

        Assert.Equal(MigrationScripts.All.Length, counts.Sum());
        Assert.Equal(MigrationScripts.All.Length, await Databases.ScalarAsync<long>(dataSource, "SELECT count(*) FROM praefect_migrations"));
    }

    [PostgresFact]
    public async Task A_recorded_script_with_other_text_is_refused_by_name()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        await Of(dataSource, Things).MigrateAsync(progress: null, ignoreUnknown: true, default);
        var edited = Of(dataSource, Things with { Text = Things.Text + " -- edited" }, new("002_more", "CREATE TABLE more (id integer);"));

        var refusal = await Assert.ThrowsAsync<DatabaseSchemaException>(() => edited.MigrateAsync(progress: null, ignoreUnknown: true, default));

        Assert.Contains("001_things", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DatabaseSchemaException>(() => edited.EnsureUpToDateAsync(default));
        Assert.Null(await Databases.ScalarAsync<string>(dataSource, "SELECT to_regclass('more')::text"));
        Assert.Equal([MigrationState.Changed, MigrationState.Pending], (await edited.StatusAsync(default)).Select(static one => one.State));
    }

    [PostgresFact]
    public async Task Line_endings_do_not_change_a_script()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        var text = "CREATE TABLE\n  things (id integer);\n";
        await Of(dataSource, new MigrationScript("001_things", text)).MigrateAsync(progress: null, ignoreUnknown: true, default);

        await Of(dataSource, new MigrationScript("001_things", text.ReplaceLineEndings("\r\n"))).EnsureUpToDateAsync(default);
    }

    [PostgresFact]
    public async Task A_script_that_fails_leaves_nothing_behind_and_stops_the_rest()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        var migrator = Of(dataSource, Things, new("002_broken", "CREATE TABLE halves (id integer); SELECT 1 / 0;"), new("003_never", "CREATE TABLE never (id integer);"));

        await Assert.ThrowsAsync<PostgresException>(() => migrator.MigrateAsync(progress: null, ignoreUnknown: true, default));

        Assert.Equal(
            [MigrationState.Applied, MigrationState.Pending, MigrationState.Pending], (await migrator.StatusAsync(default)).Select(static one => one.State));
        Assert.Null(await Databases.ScalarAsync<string>(dataSource, "SELECT to_regclass('halves')::text"));
        Assert.Null(await Databases.ScalarAsync<string>(dataSource, "SELECT to_regclass('never')::text"));
    }

    [PostgresFact]
    public async Task Missing_scripts_are_named_with_the_command_that_runs_them()
    {
        await using var dataSource = await Databases.EmptyAsync(server);

        var refusal = await Assert.ThrowsAsync<DatabaseSchemaException>(() => new Migrator(dataSource, TimeProvider.System).EnsureUpToDateAsync(default));

        Assert.StartsWith($"{MigrationScripts.All.Length} migrations have not been run", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("praefect sql-migrate", refusal.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Migrations_of_a_newer_program_are_accepted_unless_told_otherwise()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        await Of(dataSource, Things, new("999_future", "SELECT 1;")).MigrateAsync(progress: null, ignoreUnknown: true, default);
        var older = Of(dataSource, Things);

        await older.EnsureUpToDateAsync(default);
        Assert.Equal(0, await older.MigrateAsync(progress: null, ignoreUnknown: true, default));
        var refusal = await Assert.ThrowsAsync<DatabaseSchemaException>(() => older.MigrateAsync(progress: null, ignoreUnknown: false, default));

        Assert.Equal("unknown migration in database: 999_future", refusal.Message);
    }

    [PostgresFact]
    public async Task The_command_prints_each_step_and_then_that_there_is_nothing_left()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        var migrator = new Migrator(dataSource, new FixedTime(), [Things]);

        Assert.Equal(
            """
            praefect sql-migrate: migrations to apply: 1

            =  2026-08-01T12:00:00 001_things: migrating
            == 2026-08-01T12:00:00 001_things: applied (0.000s)

            praefect sql-migrate: OK (applied 1 migrations)

            """,
            await PrintAsync(verbose: false));
        Assert.Equal("praefect sql-migrate: all migrations are up\n", await PrintAsync(verbose: false));

        async Task<string> PrintAsync(bool verbose)
        {
            await using var output = new StringWriter { NewLine = "\n" };
            await new SqlMigrateCommand(migrator, output, new FixedTime()).RunAsync(ignoreUnknown: true, verbose, default);
            return output.ToString();
        }
    }

    [PostgresFact]
    public async Task The_status_command_prints_a_table_sorted_by_id()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        await new Migrator(dataSource, new FixedTime(), [Things, new("003_newer", "SELECT 1;")]).MigrateAsync(progress: null, ignoreUnknown: true, default);
        await using var output = new StringWriter { NewLine = "\n" };

        await new SqlMigrateStatusCommand(new Migrator(dataSource, new FixedTime(), [Things, new("002_next", "SELECT 1;")]), output).RunAsync(default);

        Assert.Equal(
            """
            +------------+--------------------------------------+
            | MIGRATION  |               APPLIED                |
            +------------+--------------------------------------+
            | 001_things | 2026-08-01 12:00:00.000000 +0000 UTC |
            | 002_next   | no                                   |
            | 003_newer  | unknown migration                    |
            +------------+--------------------------------------+

            """,
            output.ToString());
    }

    [PostgresFact]
    public async Task Every_script_can_be_rolled_back_and_applied_again()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        var migrator = new Migrator(dataSource, TimeProvider.System);

        foreach (var script in MigrationScripts.All.Reverse())
        {
            Assert.Equal(script.Id, Assert.Single(await migrator.RollBackPlanAsync(1, default)));
            Assert.Equal(1, await migrator.RollBackAsync(1, default));
        }

        Assert.Equal(0, await migrator.RollBackAsync(1, default));
        Assert.Equal(0L, await Databases.ScalarAsync<long>(
            dataSource, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'praefect_migrations%'"));
        Assert.Equal(0L, await Databases.ScalarAsync<long>(dataSource, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"));
        Assert.Equal(MigrationScripts.All.Length, await migrator.MigrateAsync(progress: null, ignoreUnknown: true, default));
    }

    [PostgresFact]
    public async Task Records_of_repositories_are_never_rolled_back()
    {
        await using var dataSource = await Databases.MigratedAsync(server);
        await Databases.ScalarAsync<object>(dataSource, "SELECT write_grain_state('s', 'repository', 0, 0, 'k', NULL, convert_to($1, 'UTF8'))", Records.Json(Records.One(1)));
        var migrator = new Migrator(dataSource, TimeProvider.System);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => migrator.RollBackAsync(100, default));

        Assert.Contains("holds the records of repositories", refusal.MessageText, StringComparison.Ordinal);
        Assert.Equal(1L, await Databases.ScalarAsync<long>(dataSource, "SELECT count(*) FROM orleans_grain_state"));
    }

    [PostgresFact]
    public async Task A_migration_without_a_way_back_is_refused_by_name_and_nothing_is_changed()
    {
        await using var dataSource = await Databases.EmptyAsync(server);
        var migrator = new Migrator(
            dataSource, TimeProvider.System, [Things, new("002_next", "SELECT 1;"), new("003_last", "SELECT 1;")], [new("001_things", "DROP TABLE things;"), new("003_last", "SELECT 1;")]);
        await migrator.MigrateAsync(progress: null, ignoreUnknown: true, default);
        await using var output = new StringWriter { NewLine = "\n" };
        var command = new SqlMigrateDownCommand(migrator, output);

        await command.RunAsync(2, force: false, default);
        Assert.Equal("DRY RUN -- would roll back:\n\n- 003_last\n- 002_next\n\nTo apply these migrations run with -f\n", output.ToString());
        var refusal = await Assert.ThrowsAsync<DatabaseSchemaException>(() => command.RunAsync(2, force: true, default));

        Assert.StartsWith("migration 002_next cannot be rolled back", refusal.Message, StringComparison.Ordinal);
        Assert.All(await migrator.StatusAsync(default), static one => Assert.Equal(MigrationState.Applied, one.State));
    }

    private static Migrator Of(NpgsqlDataSource dataSource, params ImmutableArray<MigrationScript> scripts) => new(dataSource, TimeProvider.System, scripts);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 8, 1, 12, 0, 0, TimeSpan.Zero);

        public override long GetTimestamp() => 0;
    }
}
