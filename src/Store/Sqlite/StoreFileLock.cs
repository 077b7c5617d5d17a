using System.Globalization;

namespace Praefect.Store;

/// <summary>
/// A file next to the database that one process holds locked. The operating system releases it when the process dies, however it dies.
/// The number inside says who; it proves nothing.
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
                $"The grain store '{databasePath}' is in use by another process{Holder(path)}. Stop that process, or give this one a database "
                + $"file of its own. The lock is on '{path}'; deleting the file does not help.",
                error);
        }

        var text = System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        file.SetLength(0);
        file.Write(text);
        file.Flush();
        return new StoreFileLock(file);
    }

    private static string Holder(string path)
    {
        try
        {
            // Sharing everything asks for no lock, so this reads past the holder's.
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            var text = reader.ReadToEnd().Trim();
            return int.TryParse(text, CultureInfo.InvariantCulture, out var id) ? $" (process {id})" : "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
