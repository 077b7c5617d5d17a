using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting.Checks;
using Praefect.Tests.Shared;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>The checks of ReadinessCheck that ask Postgres.</summary>
public sealed class DatabaseReadinessTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    [PostgresFact]
    public async Task A_database_that_was_never_migrated_fails_both_checks()
    {
        var (database, _) = await NewAsync();

        Assert.Equal($"{MigrationScripts.All.Length} migrations have not been run", await MigrationsAsync(database));
        var e = await Assert.ThrowsAsync<PostgresException>(() => WritesAsync(database));
        Assert.Contains("catalogue_repositories", e.MessageText, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_database_that_was_migrated_in_part_is_told_how_many_are_missing()
    {
        var (database, connection) = await NewAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await new Migrator(source, TimeProvider.System, MigrationScripts.All[..^2]).MigrateAsync(progress: null, ignoreUnknown: false, default);

        Assert.Equal("2 migrations have not been run", await MigrationsAsync(database));
    }

    [PostgresFact]
    public async Task A_migrated_database_passes_and_keeps_nothing_of_the_check()
    {
        var (database, connection) = await NewMigratedAsync();

        Assert.Null(await MigrationsAsync(database));
        Assert.Null(await WritesAsync(database));

        await using var source = NpgsqlDataSource.Create(connection);
        await using var count = source.CreateCommand("SELECT count(*) FROM catalogue_verifications");
        Assert.Equal(0L, await count.ExecuteScalarAsync());
    }

    [PostgresFact]
    public async Task A_database_that_takes_no_writes_is_told_in_its_own_words()
    {
        var (database, connection) = await NewMigratedAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await using var readOnly = source.CreateCommand($"ALTER DATABASE {database.Database} SET default_transaction_read_only = on");
        await readOnly.ExecuteNonQueryAsync();

        Assert.Equal("error writing: cannot execute INSERT in a read-only transaction", await WritesAsync(database));
    }

    private static Task<string?> MigrationsAsync(DatabaseOptions database) => ProblemAsync(new MigrationsCheck(database, TimeProvider.System));

    private static Task<string?> WritesAsync(DatabaseOptions database) => ProblemAsync(new DatabaseCheck(database));

    private static async Task<string?> ProblemAsync(IHealthCheck check)
    {
        var result = await check.CheckHealthAsync(new HealthCheckContext());
        return result.Status == HealthStatus.Healthy ? null : result.Description;
    }

    private async Task<(DatabaseOptions Database, string Connection)> NewMigratedAsync()
    {
        var (database, connection) = await NewAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await new Migrator(source, TimeProvider.System).MigrateAsync(progress: null, ignoreUnknown: false, default);
        return (database, connection);
    }

    // No pool of the test's own: it would keep connections to a server that is stopped.
    private async Task<(DatabaseOptions Database, string Connection)> NewAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync()) { Pooling = false };
        var database = new DatabaseOptions { Host = connection.Host!, Port = connection.Port, User = connection.Username!, Database = connection.Database!, SslMode = "disable" };
        return (database, connection.ConnectionString);
    }
}
