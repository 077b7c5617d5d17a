using System.Net.Sockets;

namespace Praefect.Silo.Hosting;

/// <summary>Files of Unix sockets.</summary>
internal static class UnixSockets
{
    /// <summary>Removes the file that a process left behind, so that it can be bound again.</summary>
    /// <exception cref="StartException">Somebody listens on it, or it is no socket.</exception>
    public static async Task ClearAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            return;
        if (new FileInfo(path) is { Length: > 0 })
            throw new StartException($"socket_path \"{path}\" is a file, not a socket: remove it or change socket_path");
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

        throw new StartException($"socket_path \"{path}\" is in use by another process; stop that process or change socket_path");
    }
}
