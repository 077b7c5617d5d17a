using System.CommandLine;
using System.Globalization;
using Praefect.Database;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>sql-migrate</c>, <c>sql-migrate-down</c> and <c>sql-migrate-status</c>: the only ones that change or list the scripts run on the database. The server never migrates.</summary>
internal sealed class MigrationCommands(CommandFrame frame, TimeProvider time)
{
    private readonly Option<bool> _ignoreUnknown = Flags.Value("ignore-unknown", "Accept migrations of a newer program", fallback: true);
    private readonly Option<bool> _verbose = Flags.Switch("verbose", "Print the statements");
    private readonly Option<bool> _force = new("-f", "--f") { Description = "Roll back, instead of listing what would be rolled back" };

    /// <summary>All of them.</summary>
    public IEnumerable<Command> All() =>
    [
        frame.Create("sql-migrate", "Bring the database to the state that this program needs", [_ignoreUnknown, _verbose], MigrateAsync),
        frame.Create("sql-migrate-status", "List the migrations and when they were applied", [], StatusAsync),
        Down(),
    ];

    private Command Down()
    {
        var count = new Argument<string[]>("N") { Description = "How many migrations to roll back", Arity = ArgumentArity.ZeroOrMore };
        return frame.Create(
            "sql-migrate-down", "Roll back the newest migrations of the database", [_force],
            (run, cancellationToken) => DownAsync(run, Count(run.Parsed.GetValue(count) ?? []), cancellationToken), arguments: count);
    }

    private async Task MigrateAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await run.OpenDatabaseAsync(cancellationToken);
        await new SqlMigrateCommand(new Migrator(database, time, serviceId: run.Options.Silo.ServiceId), run.Output, time).RunAsync(run.Get(_ignoreUnknown), run.Get(_verbose), cancellationToken);
    }

    private async Task StatusAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await run.OpenDatabaseAsync(cancellationToken);
        await new SqlMigrateStatusCommand(new Migrator(database, time), run.Output).RunAsync(cancellationToken);
    }

    private async Task DownAsync(CommandRun run, int count, CancellationToken cancellationToken)
    {
        await using var database = await run.OpenDatabaseAsync(cancellationToken);
        await new SqlMigrateDownCommand(new Migrator(database, time), run.Output).RunAsync(count, run.Get(_force), cancellationToken);
    }

    private static int Count(string[] arguments)
    {
        if (arguments.Length == 0)
            throw new MisuseException("sql-migrate-down requires a single positional argument");
        if (arguments.Length > 1)
            throw new MisuseException("sql-migrate-down accepts only single positional argument");
        if (!int.TryParse(arguments[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count))
            throw new CommandException($"\"{arguments[0]}\" is not a number of migrations");
        return count >= 1 ? count : throw new CommandException("number of migrations to roll back must be 1 or more");
    }
}
