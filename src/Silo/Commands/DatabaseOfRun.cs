using Npgsql;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;

namespace Praefect.Silo.Commands;

/// <summary>The database that a command is about.</summary>
internal static class DatabaseOfRun
{
    /// <summary>Opens it, once it has answered.</summary>
    /// <exception cref="CommandException">The configuration has no database, or it cannot be reached.</exception>
    public static async Task<NpgsqlDataSource> OpenDatabaseAsync(this CommandRun run, CancellationToken cancellationToken)
    {
        var database = Databases.Open(Section(run));
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return database;
        }
        catch (NpgsqlException e)
        {
            var reached = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            await database.DisposeAsync();
            throw new CommandException(
                $"sql open: send ping: failed to connect to `host={reached.Host} user={reached.Username} database={reached.Database}`: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static DatabaseOptions Section(CommandRun run) => run.Options.Database
        ?? throw new CommandException("the configuration has no [database] section: records are kept in the file of [store], which needs no care of this kind");
}
