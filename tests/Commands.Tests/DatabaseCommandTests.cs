using System.Diagnostics;
using Npgsql;
using Praefect.Tests.Shared;

namespace Praefect.Commands.Tests;

/// <summary>Commands on a Postgres.</summary>
public sealed class DatabaseCommandTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [PostgresFact]
    public async Task A_database_that_answers_is_ok()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync());
        var config = Config($"host = \"{database.Host}\"\nport = {database.Port}\nuser = \"{database.Username}\"\ndbname = \"{database.Database}\"\nsslmode = \"disable\"");

        Assert.Equal(new CommandResult(0, "praefect sql-ping: OK\n", ""), await CommandResult.OfAsync("-config", config, "sql-ping"));
    }

    [PostgresFact]
    public async Task What_the_section_leaves_out_is_taken_from_libpqs_variables()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync());
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "praefect.dll"), "-config", Config("host = \"\""), "sql-migrate"])
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in new[] { ("PGHOST", database.Host), ("PGPORT", $"{database.Port}"), ("PGUSER", database.Username), ("PGDATABASE", database.Database), ("PGSSLMODE", "disable") })
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("", await errors);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        await using var count = source.CreateCommand("SELECT count(*) > 0 FROM praefect_migrations");
        Assert.Equal(true, await count.ExecuteScalarAsync());
    }

    [PostgresFact]
    public async Task Checks_that_fail_are_counted_and_end_the_command_with_an_error()
    {
        var database = new NpgsqlConnectionStringBuilder(await postgres.NewDatabaseAsync());
        var config = Config($"host = \"{database.Host}\"\nport = {database.Port}\nuser = \"{database.Username}\"\ndbname = \"{database.Database}\"\nsslmode = \"disable\"");

        var result = await CommandResult.OfAsync("-config", config, "check", "-q");

        Assert.Equal((1, "checks failed\n"), (result.Code, result.Errors));
        Assert.Matches("""
            ^Checking praefect migrations\.\.\.Failed \(fatal\) error: \d+ migrations have not been run
            Checking gitaly node connectivity & disk access\.\.\.Failed \(fatal\) error: the following nodes are not healthy: tcp://127\.0\.0\.1:1
            Checking database read/write\.\.\.Failed \(fatal\) error: 42P01: relation "praefect_migrations" does not exist(?s:.*)
            Checking unavailable repositories\.\.\.Failed \(warning\) error: praefect does not answer at (?s:.*)
            4 check\(s\) failed, at least one was fatal\.
            $
            """, result.Output);
    }

    private string Config(string database) => _folder.Write("praefect.toml", $$"""
        socket_path = "{{_folder.Root}}/nobody.sock"
        [database]
        {{database}}
        [[virtual_storage]]
        name = "default"
        node = [{ storage = "gitaly-1", address = "tcp://127.0.0.1:1" }]
        """);
}
