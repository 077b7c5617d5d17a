using System.Globalization;

namespace Praefect.Database;

/// <summary>What <c>praefect sql-migrate-status</c> prints (Praefect behaviour 9.8): a table of all migrations, sorted by id.</summary>
/// <param name="migrator">Of the configured database.</param>
/// <param name="output">Standard output.</param>
public sealed class SqlMigrateStatusCommand(Migrator migrator, TextWriter output)
{
    /// <summary>Prints the table.</summary>
    /// <exception cref="Npgsql.NpgsqlException">The database cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var rows = (await migrator.StatusAsync(cancellationToken)).Select(static status => (status.Id, Applied: Applied(status))).ToArray();
        var idWidth = rows.Select(static row => row.Id.Length).Append("Migration".Length).Max();
        var appliedWidth = rows.Select(static row => row.Applied.Length).Append("Applied".Length).Max();
        var rule = $"+{new string('-', idWidth + 2)}+{new string('-', appliedWidth + 2)}+";
        await output.WriteLineAsync(rule);
        await output.WriteLineAsync($"| {Centre("MIGRATION", idWidth)} | {Centre("APPLIED", appliedWidth)} |");
        await output.WriteLineAsync(rule);
        foreach (var (id, applied) in rows)
            await output.WriteLineAsync($"| {id.PadRight(idWidth)} | {applied.PadRight(appliedWidth)} |");
        await output.WriteLineAsync(rule);
    }

    private static string Applied(MigrationStatus status) => status.State switch
    {
        MigrationState.Pending => "no",
        MigrationState.Unknown => "unknown migration",
        MigrationState.Changed => "changed since " + Time(status.AppliedAt!.Value),
        _ => Time(status.AppliedAt!.Value),
    };

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + " +0000 UTC";

    private static string Centre(string text, int width) => text.PadLeft((width + text.Length) / 2).PadRight(width);
}
