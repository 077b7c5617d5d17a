using System.Globalization;

namespace Praefect.Database;

/// <summary>What <c>praefect sql-migrate</c> does and prints (Praefect behaviour 9.8).</summary>
/// <param name="migrator">Of the configured database.</param>
/// <param name="output">Standard output.</param>
/// <param name="time">Clock for the printed times, which are UTC.</param>
public sealed class SqlMigrateCommand(Migrator migrator, TextWriter output, TimeProvider time)
{
    /// <summary>Applies what is pending.</summary>
    /// <param name="ignoreUnknown">Whether migrations of a newer program are accepted (the command's default).</param>
    /// <param name="verbose">Whether to print the statements.</param>
    /// <param name="cancellationToken">Stops between or within scripts.</param>
    /// <exception cref="DatabaseSchemaException">As <see cref="Migrator.MigrateAsync"/>; the caller prints it and exits with 1.</exception>
    public async Task RunAsync(bool ignoreUnknown, bool verbose, CancellationToken cancellationToken)
    {
        var progress = new Lines(output, time, verbose);
        var applied = await migrator.MigrateAsync(progress, ignoreUnknown, cancellationToken);
        await output.WriteLineAsync(progress.Any
            ? string.Create(CultureInfo.InvariantCulture, $"\npraefect sql-migrate: OK (applied {applied} migrations)")
            : "praefect sql-migrate: all migrations are up");
    }

    private sealed class Lines(TextWriter output, TimeProvider time, bool verbose) : IMigrationProgress
    {
        internal bool Any { get; private set; }

        private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

        public void Planned(int count)
        {
            Any = true;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"praefect sql-migrate: migrations to apply: {count}\n"));
        }

        public void Started(MigrationScript script)
        {
            output.WriteLine($"=  {Now} {script.Id}: migrating");
            if (!verbose)
                return;
            foreach (var line in script.Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'))
                output.WriteLine($"\t{line}");
            output.WriteLine();
        }

        public void Applied(MigrationScript script, TimeSpan duration) =>
            output.WriteLine($"== {Now} {script.Id}: applied ({duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture)}s)");

        public void Skipped(MigrationScript script) => output.WriteLine($"== {Now} {script.Id}: skipped");
    }
}
