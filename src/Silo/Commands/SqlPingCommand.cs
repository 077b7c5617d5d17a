using System.CommandLine;
using System.Globalization;
using Npgsql;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>sql-ping</c>: whether the database can be reached and is new enough.</summary>
internal static class SqlPingCommand
{
    /// <summary>Oldest version of Postgres that will do.</summary>
    private const int VersionMin = 11;

    public static Command Create(CommandFrame frame) =>
        frame.Create("sql-ping", "Check that the database can be reached", [], RunAsync);

    private static async Task RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var database = await run.OpenDatabaseAsync(cancellationToken);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SHOW server_version_num", connection);
            var version = int.Parse((string)(await command.ExecuteScalarAsync(cancellationToken))!, CultureInfo.InvariantCulture) / 10_000;
            if (version < VersionMin)
                throw new CommandException($"praefect sql-ping: fail: postgres version {version} is too old, at least {VersionMin} is needed");
        }
        catch (NpgsqlException e)
        {
            throw new CommandException($"praefect sql-ping: fail: {e.Message}", e);
        }

        await run.Output.WriteLineAsync("praefect sql-ping: OK");
    }
}
