using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Runtime;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Repositories;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Store;
using Praefect.Tests.Shared;

namespace Praefect.Commands.Tests;

/// <summary>
/// Databases of the last release that had a runtime of its own beside Orleans, written by running it: six repositories in two virtual storages, pushes, one
/// replication factor, and in each virtual storage a node that died before the last pushes.
/// </summary>
public sealed class EarlierDatabaseTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private static readonly string[] Repositories =
    [
        "1 default/one.git at @cluster/repositories/6b/86/1, generation 6: gitaly-1 6, gitaly-2 6, gitaly-3 4",
        "2 default/group/two.git at @cluster/repositories/d4/73/2, generation 1: gitaly-1 1, gitaly-2 1, gitaly-3 1",
        "4 default/päth/vier.git at @cluster/repositories/4b/22/4, generation 1: gitaly-1 1, gitaly-2 1, gitaly-3 1",
        "5 second/one.git at @cluster/repositories/ef/2d/5, generation 1: gitaly-4 1, gitaly-5 1",
        "6 second/five.git at @cluster/repositories/e7/f6/6, generation 3: gitaly-4 3, gitaly-5 1",
    ];

    private static readonly string[] Reminders =
    [
        "repository/default/one.git repair", "repository/default/three.git repair", "repository/second/five.git repair",
        "storagenode/default/gitaly-1 records", "storagenode/default/gitaly-2 records", "storagenode/default/gitaly-3 records",
        "storagenode/second/gitaly-4 records", "storagenode/second/gitaly-5 records",
    ];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("orleans.db", 1796088324663, "3 default/three.git at @cluster/repositories/4e/07/3, generation 1: gitaly-1 1 (not assigned), gitaly-2 1, gitaly-3 1")]
    [InlineData("in-process.db", 1796088361625, "3 default/three.git at @cluster/repositories/4e/07/3, generation 1: gitaly-1 1, gitaly-2 1, gitaly-3 1 (not assigned)")]
    public async Task A_file_opens_as_it_is(string file, long repairAt, string third)
    {
        var path = Path.Combine(_folder.Root, "store.db");
        File.Copy(Earlier(file), path);
        await using (var store = new SqliteStore(new SqliteStoreOptions { Path = path }))
        {
            await store.OpenAsync(default);
            var reminders = await store.ReadRemindersAsync(default);
            Assert.Equal(Reminders, reminders.Select(static one => $"{one.Key.GrainType}/{one.Key.GrainKey} {one.Key.Name}").Order(StringComparer.Ordinal));
            Assert.All(reminders, static one => Assert.Equal(TimeSpan.FromMinutes(1), one.Period));
            Assert.Equal(repairAt, reminders.Single(static one => one.Key.GrainKey == "default/one.git").StartAt.ToUnixTimeMilliseconds());
        }

        await using var server = await StartAsync(Config($"[store]\npath = \"{path}\""));

        Assert.Equal(Reminders, (await server.Services.GetRequiredService<Orleans.IReminderTable>().ReadRows(0, 0)).Reminders
            .Select(static row => $"{row.GrainId} {row.ReminderName}").Order(StringComparer.Ordinal));
        await ServesAsync(server, third);
    }

    [PostgresFact]
    public async Task A_database_of_the_former_runtime_is_taken_over_by_sql_migrate()
    {
        var (source, config) = await RestoreAsync();
        await using var disposed = source;

        Assert.StartsWith(
            $"{Database.MigrationScripts.All.Length} migrations have not been run: run 'praefect sql-migrate'",
            (await Assert.ThrowsAsync<Database.DatabaseSchemaException>(() => StartAsync(config))).Message, StringComparison.Ordinal);
        var migrated = await CommandResult.OfAsync("-config", config, "sql-migrate");

        Assert.Equal((0, ""), (migrated.Code, migrated.Errors));
        Assert.Equal(Reminders, await RemindersAsync(source));
        await using (var server = await StartAsync(config))
            await ServesAsync(server, "3 default/three.git at @cluster/repositories/4e/07/3, generation 1: gitaly-1 1, gitaly-2 1 (not assigned), gitaly-3 1");
        Assert.Equal(
            "False",
            await TextAsync(source, "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname IN ('grain_state', 'grain_reminder', 'grain_store_schema'))"));
    }

    [PostgresFact]
    public async Task A_former_program_that_still_runs_is_not_taken_over_from()
    {
        var (source, config) = await RestoreAsync();
        await using var disposed = source;
        await using var running = await source.OpenConnectionAsync();
        await ExecuteAsync(running, "SELECT pg_advisory_lock(8102645767730455412)");

        var refused = await CommandResult.OfAsync("-config", config, "sql-migrate");

        Assert.Equal(1, refused.Code);
        Assert.Contains("a praefect of an earlier release still runs on this database", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("stop it, then run sql-migrate again", refused.Errors, StringComparison.Ordinal);
        await ExecuteAsync(running, "SELECT pg_advisory_unlock_all()");
        Assert.Equal(0, (await CommandResult.OfAsync("-config", config, "sql-migrate")).Code);
    }

    [PostgresFact]
    public async Task Records_of_two_programs_are_not_mixed()
    {
        var (source, config) = await RestoreAsync();
        await using var disposed = source;
        await using (var connection = await source.OpenConnectionAsync())
        {
            await new Database.Migrator(source, TimeProvider.System, Database.MigrationScripts.All[..^1]).MigrateAsync(progress: null, ignoreUnknown: true, default);
            await ExecuteAsync(connection, "SELECT write_grain_state('elsewhere', 'repository-id', 0, 0, NULL, NULL, convert_to('{}', 'UTF8'))");
        }

        var refused = await CommandResult.OfAsync("-config", config, "sql-migrate");

        Assert.Equal(1, refused.Code);
        Assert.Contains("the database has the records of two sets of repositories", refused.Errors, StringComparison.Ordinal);
        Assert.Equal("12", await TextAsync(source, "SELECT count(*) FROM grain_state"));
    }

    [PostgresFact]
    public async Task Keys_have_the_place_on_the_ring_that_orleans_gives_them()
    {
        var (source, config) = await RestoreAsync();
        await using var disposed = source;
        await using (var connection = await source.OpenConnectionAsync())
        {
            // Of every length that the hash treats in its own way, and of characters of one to four bytes.
            var keys = Enumerable.Range(1, 70).Select(static length => "s/" + new string('x', length)).Append("s/ä€😀").Append("0").Append("ff+x");
            foreach (var key in keys)
                await ExecuteAsync(connection, $"INSERT INTO grain_reminder VALUES ('some', '{key}', 'r', 0, 60000)");
        }

        Assert.Equal(0, (await CommandResult.OfAsync("-config", config, "sql-migrate")).Code);

        Assert.Equal(Reminders.Length + 73, (await RemindersAsync(source)).Length);
    }

    // By way of its grains, which read the records; and of the lists.
    private static async Task ServesAsync(PraefectServer server, string third)
    {
        var grains = server.Services.GetRequiredService<Orleans.IGrainFactory>();
        var catalogue = server.Services.GetRequiredService<IRepositoryCatalogue>();
        var described = new List<string>();
        foreach (var storage in new[] { "default", "second" })
        {
            await foreach (var path in catalogue.ListPathsAsync(storage, default))
            {
                var grain = grains.GetGrain<IRepositoryGrain>($"{storage}/{path}");
                var one = (await grain.GetMetadataAsync(default))!;
                var replicas = one.Replicas.OrderBy(static replica => replica.Storage, StringComparer.Ordinal)
                    .Select(static replica => string.Create(CultureInfo.InvariantCulture, $"{replica.Storage} {replica.Generation}{(replica.Assigned ? "" : " (not assigned)")}"));
                described.Add(string.Create(
                    CultureInfo.InvariantCulture, $"{one.RepositoryId} {storage}/{path} at {one.ReplicaPath}, generation {one.Generation}: {string.Join(", ", replicas)}"));
                Assert.All(one.Replicas, static replica => Assert.Equal(2026, replica.VerifiedAt!.Value.Year));
            }
        }

        Assert.Equal(Repositories.Append(third).Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        string[] storages = ["gitaly-1", "gitaly-2", "gitaly-3"];
        Assert.Equal(
            [new("gitaly-1", 0), new("gitaly-2", 0), new KeyValuePair<string, long>("gitaly-3", 1)],
            (await catalogue.CountBehindAsync("default", storages, default)).OrderBy(static pair => pair.Key, StringComparer.Ordinal));
        Assert.Equal(2, (await grains.GetGrain<IRepositoryGrain>("default/group/two.git").SetReplicationFactorAsync(2, default)).Length);
        // The first block of ids was begun.
        Assert.Equal(101, await grains.GetGrain<IRepositoryIdGrain>(0).ReserveAsync(default));
    }

    private static async Task<PraefectServer> StartAsync(string config) =>
        await PraefectServer.StartAsync(await ConfigurationFile.LoadAsync(config, TimeProvider.System, default), TimeProvider.System, default);

    // The reminders of Orleans' table; each must have its grain's place on the ring.
    private static async Task<string[]> RemindersAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            "SELECT grain_id, reminder_name, grain_hash, period, start_time FROM orleans_reminder WHERE service_id = 'ours' ORDER BY grain_id COLLATE \"C\"");
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await reader.ReadAsync())
        {
            var id = GrainId.Parse(reader.GetString(0), CultureInfo.InvariantCulture);
            Assert.Equal(((int)id.GetUniformHashCode(), 60_000L), (reader.GetInt32(2), reader.GetInt64(3)));
            if (id.ToString() == "repository/default/one.git")
                Assert.Equal(1796088423468, new DateTimeOffset(reader.GetDateTime(4)).ToUnixTimeMilliseconds());
            found.Add($"{id} {reader.GetString(1)}");
        }

        return [.. found];
    }

    private static async Task<string?> TextAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Earlier(string file) => Path.Combine(AppContext.BaseDirectory, "Earlier", file);

    private async Task<(NpgsqlDataSource Source, string Config)> RestoreAsync()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync()) { Pooling = false };
        var source = NpgsqlDataSource.Create(database);
        await using (var connection = await source.OpenConnectionAsync())
            await ExecuteAsync(connection, await File.ReadAllTextAsync(Earlier("in-process.sql")));
        return (source, Config($"""
            [database]
            host = "{database.Host}"
            port = {database.Port}
            user = "{database.Username}"
            dbname = "{database.Database}"
            sslmode = "disable"
            [silo]
            service_id = "ours"
            """));
    }

    // Nobody is at the nodes' addresses: what is recorded stays as it is.
    private string Config(string tables)
    {
        var nodes = string.Join('\n', new[] { ("default", new[] { 1, 2, 3 }), ("second", [4, 5]) }.Select(static storage => $"""
            [[virtual_storage]]
            name = "{storage.Item1}"
            node = [{string.Join(", ", storage.Item2.Select(static i => $$"""{ storage = "gitaly-{{i}}", address = "tcp://127.0.0.1:1" }"""))}]
            """));
        return _folder.Write("praefect.toml", $"""
            socket_path = "{_folder.Root}/p.s"
            [logging]
            level = "error"
            {tables}
            {nodes}
            """);
    }
}
