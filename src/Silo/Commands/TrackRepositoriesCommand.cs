using System.CommandLine;
using System.Globalization;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>track-repositories</c>: <c>track-repository</c> for a file of them, all of it checked before the first is tracked.</summary>
internal static class TrackRepositoriesCommand
{
    public static Command Create(CommandFrame frame)
    {
        var path = Flags.Value<string>("input-path", "File with a JSON object on each line: relative_path, replica_path, virtual_storage, authoritative_storage");
        var now = Flags.Switch("replicate-immediately", "Wait until the other storages have their copies");
        return frame.Create(
            "track-repositories", "Make records of many repositories that are on disks", [path, now],
            (run, cancellationToken) => RunAsync(run, run.Text(path), run.Get(now), cancellationToken),
            required: [path]);
    }

    private static async Task RunAsync(CommandRun run, string path, bool now, CancellationToken cancellationToken)
    {
        await using var server = ServerConnection.To(run);
        var lines = await TrackingFile.LinesAsync(path, cancellationToken);
        await run.Output.WriteLineAsync($"Validating repository information in \"{path}\"");
        var file = await TrackingFile.CheckAsync(run, server, lines, cancellationToken);
        if (file.Mistakes.Count > 0)
        {
            await run.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Found {file.Mistakes.Count} invalid request(s) in \"{path}\":"));
            foreach (var mistake in file.Mistakes)
            {
                await run.Output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"  line {mistake.Line}, relative_path: \"{mistake.RelativePath}\", replica_path: \"{mistake.ReplicaPath}\""));
                foreach (var reason in mistake.Reasons)
                    await run.Output.WriteLineAsync($"    {reason}");
            }

            throw new CommandException("invalid entries found, aborting");
        }

        if (file.Repositories.Count == 0)
            throw new CommandException($"no repository information found in \"{path}\"");
        await run.Output.WriteLineAsync("All repository details are correctly formatted");
        await run.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Tracking {file.Repositories.Count} repositories in Praefect DB..."));
        foreach (var repository in file.Repositories)
        {
            try
            {
                await Tracking.TrackAsync(run, server, repository, now, cancellationToken);
            }
            catch (CommandException e)
            {
                throw new CommandException($"tracking repository \"{repository.RelativePath}\": {e.Message}", e);
            }
        }
    }
}
