using System.CommandLine;
using Praefect.Silo.CommandLine;

namespace Praefect.Silo.Commands;

/// <summary><c>track-repository</c>: makes a record of a repository that is on a storage's disk.</summary>
internal static class TrackRepositoryCommand
{
    public static Command Create(CommandFrame frame)
    {
        var virtualStorage = Flags.Value<string>("virtual-storage", "The repository's virtual storage");
        var relativePath = Flags.Value<string>("relative-path", "The path that clients will use");
        var replicaPath = Flags.Value<string>("replica-path", "Where it lies on the storages");
        var storage = Flags.Value<string>("authoritative-storage", "The storage whose copy counts");
        var now = Flags.Switch("replicate-immediately", "Wait until the other storages have their copies");
        return frame.Create(
            "track-repository", "Make a record of a repository that is on a disk", [virtualStorage, relativePath, replicaPath, storage, now],
            async (run, cancellationToken) =>
            {
                await using var server = ServerConnection.To(run);
                var repository = new RepositoryToTrack(run.Text(virtualStorage), run.Text(relativePath), run.Text(replicaPath), run.Text(storage));
                await Tracking.TrackAsync(run, server, repository, run.Get(now), cancellationToken);
            },
            required: [virtualStorage, relativePath, replicaPath, storage]);
    }
}
