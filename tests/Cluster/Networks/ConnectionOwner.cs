using System.Globalization;

namespace Praefect.Cluster.Networks;

/// <summary>Finds out which process of this machine opened a connection (Linux).</summary>
internal static class ConnectionOwner
{
    private const int LocalColumn = 1;
    private const int RemoteColumn = 2;
    private const int InodeColumn = 9;

    private static readonly string[] s_tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>The number by which the system knows the socket whose own port and peer's port these are; null: there is none any more.</summary>
    public static string? Socket(int port, int peerPort)
    {
        var (local, remote) = (Ending(port), Ending(peerPort));
        return s_tables.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(columns => columns.Length > InodeColumn && columns[LocalColumn].EndsWith(local, StringComparison.Ordinal) && columns[RemoteColumn].EndsWith(remote, StringComparison.Ordinal))
            ?[InodeColumn];
    }

    /// <summary>Whether a process has a socket.</summary>
    public static bool Owns(int processId, string socket)
    {
        try
        {
            return Directory.EnumerateFiles($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/fd").Any(file => new FileInfo(file).LinkTarget == $"socket:[{socket}]");
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }

    private static string Ending(int port) => string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
}
