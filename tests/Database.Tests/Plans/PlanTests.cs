using System.Globalization;
using System.Text;
using Npgsql;
using Praefect.Database.Catalogue;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests.Plans;

/// <summary>
/// Runs every report on many repositories and looks at how. With PLAN_ROWS (default 20000) and PLAN_REPORT (a file) it writes the plans down:
/// <c>PLAN_ROWS=1000000 PLAN_REPORT=/tmp/plans.md dotnet test tests/Database.Tests --filter PlanTests</c>, which takes some minutes.
/// </summary>
[Collection(Databases.Name)]
public sealed class PlanTests(PostgresServer server)
{
    private static readonly string[] Storages = [.. Enumerable.Range(1, 10).Select(static n => $"gitaly-{n:00}")];

    [PostgresFact]
    public async Task No_report_reads_a_whole_table_of_repositories_or_replicas()
    {
        var rows = Environment.GetEnvironmentVariable("PLAN_ROWS") ?? "20000";
        await using var migrated = await Databases.MigratedAsync(server);
        await using var dataSource = NpgsqlDataSource.Create(migrated.ConnectionString + ";Command Timeout=0");
        await using (var connection = await dataSource.OpenConnectionAsync())
        {
            await ExecuteAsync(connection, Script().Replace(":rows", rows, StringComparison.Ordinal).Replace(":assigned_nth", "2", StringComparison.Ordinal));
            await ExecuteAsync(connection, "VACUUM ANALYZE");
        }

        var catalogue = new PostgresCatalogue(dataSource);
        // Three of ten nodes are down: whatever had its three replicas there is unavailable, one repository in thirty.
        var unavailable = await PlacementsAsync(dataSource, Storages[3..], includePartial: false);
        var partial = await PlacementsAsync(dataSource, Storages, includePartial: true);
        Assert.True(await catalogue.CountUnavailableAsync("default", Storages, Storages[3..], default) > 0);
        Assert.NotEmpty(partial);
        var now = DateTime.UtcNow;
        var report = new StringBuilder();
        await ExplainAsync("Combinations that are bad with three of ten nodes down", PostgresQueries.BadPlacements, "default", Storages, Storages[3..], false);
        await ExplainAsync("Unavailable repositories, first thousand", PostgresQueries.RepositoriesOfPlacements, "default", unavailable, "", 1000);
        await ExplainAsync("How many are unavailable", PostgresQueries.CountOfPlacements, unavailable);
        await ExplainAsync("Data loss with all nodes healthy (replicas behind or missing), first thousand", PostgresQueries.RepositoriesOfPlacements, "default", partial, "", 1000);
        await ExplainAsync("A virtual storage by path, a thousand from the middle", PostgresQueries.Paths, "default", "@hashed/80/", 1000);
        await ExplainAsync("Replicas of a storage, a thousand from the middle", PostgresQueries.ReplicasOfStorage, "default", "gitaly-03", now.AddDays(-3), 0L, 1000);
        await ExplainAsync("Verification queue: the 25 longest unverified on ten storages", PostgresQueries.LeaseVerifications, "default", Storages, now.AddDays(-1), now, now.AddSeconds(30), 25);
        if (Environment.GetEnvironmentVariable("PLAN_REPORT") is { } file) await File.WriteAllTextAsync(file, report.ToString());

        async Task ExplainAsync(string title, string query, params object[] parameters)
        {
            var plan = "";
            // The second run, with its pages in memory.
            for (var run = 0; run < 2; run++) plan = await PlanAsync(dataSource, query, parameters);
            report.Append(CultureInfo.InvariantCulture, $"### {title}\n\n```\n{plan}```\n\n");
            Assert.DoesNotContain("Seq Scan on catalogue_repositories", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on catalogue_replicas", plan, StringComparison.Ordinal);
        }
    }

    private static async Task<string> PlanAsync(NpgsqlDataSource dataSource, string query, object[] parameters)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        // A lease is taken back, so that the second run finds the same queue.
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + query, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync();
        var plan = new StringBuilder();
        while (await reader.ReadAsync()) plan.Append(reader.GetString(0)).Append('\n');
        return plan.ToString();
    }

    private static async Task<int[]> PlacementsAsync(NpgsqlDataSource dataSource, string[] healthy, bool includePartial)
    {
        await using var command = dataSource.CreateCommand(PostgresQueries.BadPlacements);
        foreach (var parameter in new object[] { "default", Storages, healthy, includePartial }) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<int>();
        while (await reader.ReadAsync()) ids.Add(reader.GetInt32(0));
        return [.. ids];
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static string Script()
    {
        using var reader = new StreamReader(typeof(PlanTests).Assembly.GetManifestResourceStream("generate.sql")!);
        return reader.ReadToEnd();
    }
}
