using System.CommandLine;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;

namespace Praefect.Silo.Commands;

/// <summary><c>sql-migrate</c> and <c>sql-migrate-status</c>: the only ones that change or list the scripts run on the database. The server never migrates.</summary>
internal sealed class MigrationCommands(Option<string> config, TimeProvider time)
{
    private readonly Option<bool> _ignoreUnknown = new("--ignore-unknown", "-ignore-unknown")
    {
        Description = "Accept migrations of a newer program",
        DefaultValueFactory = static _ => true,
    };

    private readonly Option<bool> _verbose = new("--verbose", "-verbose") { Description = "Print the statements" };

    /// <summary>Both commands.</summary>
    public IEnumerable<Command> All()
    {
        var migrate = new Command("sql-migrate", "Bring the database to the state that this program needs") { _ignoreUnknown, _verbose };
        migrate.SetAction((parsed, cancellationToken) => RunAsync(
            parsed,
            (migrator, token) => new SqlMigrateCommand(migrator, Console.Out, time).RunAsync(parsed.GetValue(_ignoreUnknown), parsed.GetValue(_verbose), token),
            cancellationToken));
        var status = new Command("sql-migrate-status", "List the migrations and when they were applied");
        status.SetAction((parsed, cancellationToken) => RunAsync(
            parsed, static (migrator, token) => new SqlMigrateStatusCommand(migrator, Console.Out).RunAsync(token), cancellationToken));
        return [migrate, status];
    }

    private async Task<int> RunAsync(ParseResult parsed, Func<Migrator, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            var path = parsed.GetValue(config) is { Length: > 0 } given ? given : throw new ConfigurationException("no configuration file given: praefect -config FILE COMMAND");
            var options = (await ConfigurationFile.LoadAsync(path, time, cancellationToken)).Options;
            var database = options.Database ?? throw new ConfigurationException($"{path} has no [database] section: there is nothing to migrate");
            await using var dataSource = Databases.Open(database);
            await run(new Migrator(dataSource, time), cancellationToken);
            return 0;
        }
        catch (ConfigurationException e)
        {
            return await FailAsync(parsed, e.Problems);
        }
        catch (Exception e) when (e is DatabaseSchemaException or NpgsqlException)
        {
            return await FailAsync(parsed, [e.Message]);
        }
    }

    private static async Task<int> FailAsync(ParseResult parsed, IEnumerable<string> problems)
    {
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync($"praefect {parsed.CommandResult.Command.Name}: {problem}");
        return 1;
    }
}
