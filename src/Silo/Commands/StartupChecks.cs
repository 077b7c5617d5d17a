using System.Collections.Immutable;
using Npgsql;
using Praefect.Database;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Hosting;
using Praefect.Wire.Contract;
using Praefect.Wire.Protos;

namespace Praefect.Silo.Commands;

/// <summary>One check of <c>check</c>.</summary>
/// <param name="Name">Short name.</param>
/// <param name="Description">What it looks at.</param>
/// <param name="IsFatal">Praefect does not work while it fails.</param>
/// <param name="RunAsync">Throws when it fails; writes details.</param>
internal sealed record StartupCheck(string Name, string Description, bool IsFatal, Func<CommandRun, TextWriter, CancellationToken, Task> RunAsync)
{
    /// <summary>As it is printed.</summary>
    public string Severity => IsFatal ? "fatal" : "warning";
}

/// <summary>The checks, in the order in which they are made. Names and descriptions are Praefect's.</summary>
internal static class StartupChecks
{
    public static ImmutableArray<StartupCheck> All { get; } =
    [
        new("praefect migrations", "confirms whether or not all praefect migrations have run", true, MigrationsAsync),
        new(
            "gitaly node connectivity & disk access",
            "confirms if praefect can reach all of its gitaly nodes, and whether or not the gitaly nodes can read/write from and to its storages.", true, NodesAsync),
        new("database read/write", "checks if praefect can write/read to and from the database", true, DatabaseAsync),
        new("unavailable repositories", "lists repositories that are missing a valid primary, hence rendering them unavailable", false, UnavailableAsync),
    ];

    private static async Task MigrationsAsync(CommandRun run, TextWriter details, CancellationToken cancellationToken)
    {
        if (run.Options.Database is not { } options)
        {
            await details.WriteLineAsync($"no database: the store {run.Options.Store.Path} is brought up to date at each start");
            return;
        }

        await using var database = Databases.Open(options);
        var pending = (await new Migrator(database, run.Time).StatusAsync(cancellationToken)).Count(static status => status.State == MigrationState.Pending);
        if (pending > 0)
            throw new CommandException($"{pending} migrations have not been run");
    }

    private static async Task NodesAsync(CommandRun run, TextWriter details, CancellationToken cancellationToken)
    {
        var bad = await NodeCheck.RunAsync(run, NodeCheck.DefaultTimeout, details, cancellationToken);
        if (bad.Length > 0)
            throw new CommandException($"the following nodes are not healthy: {string.Join(", ", bad)}");
    }

    private static async Task DatabaseAsync(CommandRun run, TextWriter details, CancellationToken cancellationToken)
    {
        if (run.Options.Database is not { } options)
        {
            CheckStore(run.Options.Store.Path);
            await details.WriteLineAsync($"no database: the store {run.Options.Store.Path} can be read and written");
            return;
        }

        const string Read = "SELECT count(*) FROM (SELECT 1 FROM praefect_migrations LIMIT 1) AS one";
        const string Write = "INSERT INTO praefect_migrations (id, checksum, applied_at, duration) VALUES ('check', '', now(), interval '0')";
        await using var database = Databases.Open(options);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var command = new NpgsqlCommand(Read, connection))
            await command.ExecuteScalarAsync(cancellationToken);
        await details.WriteLineAsync("successfully read from database");
        await using (var command = new NpgsqlCommand(Write, connection))
            await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.RollbackAsync(cancellationToken);
        await details.WriteLineAsync("successfully wrote to database");
    }

    // A running praefect has the file's lock; whether it may be written shows without it.
    private static void CheckStore(string path)
    {
        if (File.Exists(path))
            File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
        else if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            throw new CommandException($"the folder of the store {path} does not exist");
    }

    private static async Task UnavailableAsync(CommandRun run, TextWriter details, CancellationToken cancellationToken)
    {
        var all = 0;
        await using var server = ServerConnection.To(run);
        foreach (var virtualStorage in run.Options.VirtualStorages)
        {
            var unavailable = 0;
            await server.StreamAsync(
                Methods.PraefectInfo.Dataloss,
                new DatalossRequest { VirtualStorage = virtualStorage.Name },
                DatalossResponse.Parser,
                chunk =>
                {
                    unavailable += chunk.Repositories.Count;
                    return Task.CompletedTask;
                },
                cancellationToken);
            if (unavailable > 0)
                await details.WriteLineAsync($"virtual-storage \"{virtualStorage.Name}\" has {unavailable} {(unavailable == 1 ? "repository that is" : "repositories that are")} unavailable.");
            all += unavailable;
        }

        await details.WriteLineAsync(all == 0 ? "All repositories are available." : "Run \"praefect dataloss\" for the list.");
        if (all > 0)
            throw new CommandException("repositories unavailable");
    }
}
