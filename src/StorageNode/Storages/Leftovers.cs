using System.Globalization;
using System.Text;
using Praefect.StorageNode.Git;
using Praefect.StorageNode.Hosting;

namespace Praefect.StorageNode.Storages;

/// <summary>
/// What a node that was killed leaves in its storage folder: git processes, which must end before anything else (they might still
/// write), and the lock files and half-written data of processes that could not clean up. Called while the folder is held exclusively.
/// </summary>
internal static class Leftovers
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private static readonly EnumerationOptions Deep = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>Ends the processes, then removes the files.</summary>
    public static async Task RemoveAsync(StorageFolder storage, TimeProvider time, CancellationToken cancellationToken)
    {
        await EndProcessesAsync(storage.FullPath, time, cancellationToken);
        if (Directory.Exists(storage.TemporaryFolder))
        {
            Directory.Delete(storage.TemporaryFolder, recursive: true);
        }

        foreach (var repository in RepositoryWalk.Walk(storage, cancellationToken))
        {
            RemoveFiles(repository.FullPath);
        }
    }

    /// <summary>Removes lock files, quarantined objects of unfinished pushes and unfinished packs of one repository in which no git runs.</summary>
    public static void RemoveFiles(string repository)
    {
        foreach (var file in Directory.EnumerateFiles(repository, "*.lock"))
        {
            File.Delete(file);
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(repository, "refs"), "*.lock", Deep))
        {
            File.Delete(file);
        }

        var objects = Path.Combine(repository, "objects");
        foreach (var folder in Directory.EnumerateDirectories(objects, "tmp_objdir-*").Concat(Directory.EnumerateDirectories(objects, "incoming-*")))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var folder in new[] { objects, Path.Combine(objects, "pack"), Path.Combine(objects, "info") }.Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "tmp_*").Concat(Directory.EnumerateFiles(folder, "*.lock")))
            {
                File.Delete(file);
            }
        }
    }

    private static async Task EndProcessesAsync(string storageFolder, TimeProvider time, CancellationToken cancellationToken)
    {
        var marker = Encoding.UTF8.GetBytes($"{GitEnvironment.MarkerVariable}={storageFolder}\0");
        var started = time.GetTimestamp();
        while (true)
        {
            var found = Marked(marker);
            if (found.Count == 0)
            {
                return;
            }

            if (time.GetElapsedTime(started) > EndTimeout)
            {
                throw new NodeStartException($"git processes of an earlier run still work in {storageFolder} and do not end: {string.Join(", ", found)}");
            }

            found.ForEach(ProcessSignals.SendKill);
            await Task.Delay(Poll, time, cancellationToken);
        }
    }

    private static List<int> Marked(byte[] marker)
    {
        var found = new List<int>();
        if (!Directory.Exists("/proc/self"))
        {
            return found;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != System.Environment.ProcessId && HasMarker(folder, marker))
            {
                found.Add(id);
            }
        }

        return found;
    }

    private static bool HasMarker(string folder, byte[] marker)
    {
        try
        {
            // Ended processes and those of other users cannot be read. A variable begins the block or follows a NUL.
            var environment = File.ReadAllBytes(Path.Combine(folder, "environ"));
            var at = environment.AsSpan().IndexOf(marker);
            return at == 0 || (at > 0 && environment[at - 1] == 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
