using Npgsql;
using Praefect.Tests.Shared;

namespace Praefect.Commands.Tests;

/// <summary>Taking over the records of a Praefect's database.</summary>
public sealed class ImportTests(PostgresServer postgres, LiveCluster cluster) : IClassFixture<PostgresServer>, IClassFixture<LiveCluster>
{
    [PostgresFact]
    public async Task Records_are_taken_over_once_as_they_are_and_what_cannot_be_is_named()
    {
        await cluster.InitAsync("gitaly-2", "@cluster/repositories/aa/bb/101");
        await cluster.InitAsync("gitaly-1", "@hashed/old.git");
        var from = await PraefectAsync();

        var dry = await cluster.RunAsync($"import -from {from}");
        Assert.Equal((1, "1 repositories would be left out\n"), (dry.Code, dry.Errors));
        Assert.Contains("Virtual storage \"default\": 3 repositories, 4 replicas, 1 repositories with explicit assignments\n", dry.Output, StringComparison.Ordinal);
        Assert.Contains("Virtual storage \"elsewhere\": 1 repositories, 1 replicas, 0 repositories with explicit assignments\n  not configured here: left out\n", dry.Output, StringComparison.Ordinal);
        Assert.Contains("  storage \"gone\" of \"default\" is not configured here: its 1 replicas", dry.Output, StringComparison.Ordinal);
        Assert.Contains("Replication queue: 2 update jobs in state ready: ", dry.Output, StringComparison.Ordinal);
        Assert.Contains("refused: \"default\"/\"@hashed/lost.git\" (id 103): none of its replicas is on a configured storage\n", dry.Output, StringComparison.Ordinal);
        Assert.Contains("Would be imported: 2\nImported before: 0\nConflicts: 0\nRefused: 1\nNothing was changed.", dry.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await cluster.RunAsync("metadata -repository-id 101")).Code);

        Assert.Contains("\nImported: 2\nImported before: 0\n", (await cluster.RunAsync($"import -from {from} -apply")).Output, StringComparison.Ordinal);
        Assert.Contains("\nImported: 0\nImported before: 2\n", (await cluster.RunAsync($"import -from {from} -apply")).Output, StringComparison.Ordinal);

        var imported = await cluster.RunAsync("metadata -repository-id 101");
        Assert.StartsWith(
            "Repository ID: 101\nVirtual Storage: \"default\"\nRelative Path: \"@hashed/a.git\"\nReplica Path: \"@cluster/repositories/aa/bb/101\"\nPrimary: \"gitaly-2\"\nGeneration: 3\n",
            imported.Output, StringComparison.Ordinal);
        Assert.Contains("- Storage: \"gitaly-2\"\n  Assigned: true\n  Generation: 3, fully up to date\n", imported.Output, StringComparison.Ordinal);
        Assert.Contains("- Storage: \"gitaly-3\"\n  Assigned: true\n", imported.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Storage: \"gitaly-1\"\n  Assigned: true", imported.Output, StringComparison.Ordinal);
        var old = (await cluster.RunAsync("metadata -virtual-storage default -relative-path @hashed/old.git")).Output;
        Assert.Contains("Replica Path: \"@hashed/old.git\"\n", old, StringComparison.Ordinal);
        Assert.Contains("Generation: 5\n", old, StringComparison.Ordinal);

        await cluster.CreateAsync("@hashed/new.git");
        var created = (await cluster.RunAsync("metadata -virtual-storage default -relative-path @hashed/new.git")).Output.Split('\n')[0];
        Assert.True(long.Parse(created["Repository ID: ".Length..], System.Globalization.CultureInfo.InvariantCulture) > 110, created);
    }

    [PostgresFact]
    public async Task A_record_in_the_way_is_left_alone_and_reported()
    {
        var from = await PraefectAsync("""
            INSERT INTO repositories VALUES ('default', 'taken.git', 0, NULL, 700, 'taken.git');
            INSERT INTO storage_repositories VALUES ('default', 'taken.git', 'gitaly-1', 0, 700);
            """);
        await cluster.CreateAsync("taken.git");

        var result = await cluster.RunAsync($"import -from {from} -apply");

        Assert.Equal((1, "1 repositories were left out\n"), (result.Code, result.Errors));
        Assert.Contains("conflict: \"default\"/\"taken.git\" (id 700): there is a repository of that path with id ", result.Output, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Nothing_is_imported_while_a_praefect_works_on_the_database()
    {
        var from = await PraefectAsync("INSERT INTO node_status (praefect_name, shard_name, node_name, last_contact_attempt_at) VALUES ('old', 'default', 'gitaly-1', now());");

        Assert.Contains("Note: still working on the database: Praefect old.", (await cluster.RunAsync($"import -from {from}")).Output, StringComparison.Ordinal);
        var refused = await cluster.RunAsync($"import -from {from} -apply");

        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.StartsWith("still working on the database: Praefect old. Stop it", refused.Errors, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Another_database_is_no_praefects()
    {
        var from = Configuration(await postgres.NewDatabaseAsync());

        Assert.Equal(new CommandResult(1, "", "this is not the database of a Praefect: it has no table \"repositories\"\n"), await cluster.RunAsync($"import -from {from}"));
        Assert.StartsWith("the configuration has no [database] section", (await cluster.RunAsync("import")).Errors, StringComparison.Ordinal);
    }

    private async Task<string> PraefectAsync(string? rows = null)
    {
        var connection = await postgres.NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await using (var command = source.CreateCommand(PraefectSchema.Tables + (rows ?? PraefectSchema.Repositories)))
            await command.ExecuteNonQueryAsync();
        return Configuration(connection);
    }

    private string Configuration(string connection)
    {
        var parts = new NpgsqlConnectionStringBuilder(connection);
        return cluster.Write($"{parts.Database}.toml", $$"""
            listen_addr = "127.0.0.1:1"
            [database]
            host = "{{parts.Host}}"
            port = {{parts.Port}}
            user = "{{parts.Username}}"
            dbname = "{{parts.Database}}"
            [[virtual_storage]]
            name = "default"
            node = [{ storage = "gitaly-1", address = "tcp://127.0.0.1:1" }]
            """);
    }
}
