using System.Globalization;

namespace Praefect.Store;

/// <summary>
/// A file next to the database that one process holds locked. The operating system releases it when the process dies, however it dies.
/// Who holds it stands in a file beside it, for people: it proves nothing.
/// </summary>
internal sealed class StoreFileLock : IDisposable
{
    private readonly FileStream _file;

    private StoreFileLock(FileStream file) => _file = file;

    public void Dispose() => _file.Dispose();

    internal static StoreFileLock Take(string databasePath)
    {
        var path = databasePath + ".lock";
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new StoreLockedException(
                $"The grain store '{databasePath}' is in use by another process{Holder(databasePath)}. Stop that process, or give this one a database "
                + $"file of its own. The lock is on '{path}'; deleting the file does not help.",
                error);
        }

        File.WriteAllText(HolderPath(databasePath), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new StoreFileLock(file);
    }

    // Not in the locked file itself: opening that, even to read, needs the lock.
    private static string HolderPath(string databasePath) => databasePath + ".lock.pid";

    private static string Holder(string databasePath)
    {
        try
        {
            var text = File.ReadAllText(HolderPath(databasePath));
            return int.TryParse(text, CultureInfo.InvariantCulture, out var id) ? $" (process {id})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
