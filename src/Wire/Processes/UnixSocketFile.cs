using System.Net.Sockets;

namespace Praefect.Wire.Processes;

/// <summary>The file of a Unix socket. A killed process leaves it behind, and nobody can bind it then.</summary>
public static class UnixSocketFile
{
    /// <summary>Removes the file of a socket on which nobody listens, so that it can be bound again.</summary>
    /// <exception cref="IOException">It is a file and no socket, or somebody listens on it; nothing was removed. The message says which, without the path.</exception>
    public static async Task ClearAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return;
        if (new FileInfo(path) is { Length: > 0 })
            throw new IOException("is a file, not a socket: remove it");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new IOException("is in use by another process: stop that process");
    }
}
