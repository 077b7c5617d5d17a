using System.Globalization;

namespace Praefect.Database;

/// <summary>What <c>praefect sql-migrate-down</c> does and prints (Praefect behaviour 9.8).</summary>
/// <param name="migrator">Of the configured database.</param>
/// <param name="output">Standard output.</param>
public sealed class SqlMigrateDownCommand(Migrator migrator, TextWriter output)
{
    /// <summary>Lists what would be rolled back, or rolls it back.</summary>
    /// <param name="count">How many migrations at most, 1 or more.</param>
    /// <param name="force">Do it, instead of listing.</param>
    /// <param name="cancellationToken">Stops between or within scripts.</param>
    /// <exception cref="DatabaseSchemaException">As <see cref="Migrator.RollBackAsync(int, CancellationToken)"/>.</exception>
    public async Task RunAsync(int count, bool force, CancellationToken cancellationToken)
    {
        if (force)
        {
            var applied = await migrator.RollBackAsync(count, cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"OK (applied {applied} \"down\" migrations)"));
            return;
        }

        await output.WriteLineAsync("DRY RUN -- would roll back:\n");
        foreach (var id in await migrator.RollBackPlanAsync(count, cancellationToken))
            await output.WriteLineAsync($"- {id}");
        await output.WriteLineAsync("\nTo apply these migrations run with -f");
    }
}
