using System.CommandLine;
using Praefect.Silo.CommandLine;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;
using Praefect.Silo.Import;

namespace Praefect.Silo.Commands;

/// <summary><c>import</c>: takes over what a Praefect recorded, so that the same nodes go on being served.</summary>
internal static class ImportCommand
{
    public static Command Create(CommandFrame frame)
    {
        var from = Flags.Value<string>("from", "Configuration file of the Praefect to take over; without it the database of -config, where its tables then are");
        var apply = Flags.Switch("apply", "Import, instead of saying what would be imported");
        return frame.Create(
            "import", "Take over the records of a Praefect's database", [from, apply],
            (run, cancellationToken) => RunAsync(run, run.Text(from), run.Get(apply), cancellationToken));
    }

    private static async Task RunAsync(CommandRun run, string from, bool apply, CancellationToken cancellationToken)
    {
        var options = from.Length == 0 ? run.Options : (await ConfigurationFile.LoadAsync(from, run.Time, cancellationToken)).Options;
        var section = options.Database
            ?? throw new CommandException($"{(from.Length == 0 ? "the configuration" : from)} has no [database] section: name the Praefect's configuration with -from FILE");
        await using var source = Databases.Open(section);
        await using var server = ServerConnection.To(run);
        await new ImportRun(run, new PraefectDatabase(source), server, apply).RunAsync(cancellationToken);
    }
}
