using System.Net;

namespace Praefect.StorageNode.Hosting;

/// <summary>An address to listen on.</summary>
public static class ListenAddress
{
    private const string Tcp = "tcp://";
    private const string Unix = "unix:";

    /// <summary>Why <paramref name="text"/> is refused, or null.</summary>
    public static string? Fault(string text)
    {
        try
        {
            _ = Parse(text);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Reads <c>tcp://ADDRESS:PORT</c> (an IP address or localhost) or <c>unix:PATH</c>.</summary>
    /// <exception cref="FormatException">Neither.</exception>
    public static EndPoint Parse(string text)
    {
        if (text.StartsWith(Unix, StringComparison.Ordinal) && text.Length > Unix.Length)
        {
            return new System.Net.Sockets.UnixDomainSocketEndPoint(Path.GetFullPath(text[Unix.Length..]));
        }

        if (text.StartsWith(Tcp, StringComparison.Ordinal))
        {
            var address = text[Tcp.Length..].Replace("localhost:", "127.0.0.1:", StringComparison.Ordinal);
            if (address.Contains(':', StringComparison.Ordinal) && IPEndPoint.TryParse(address, out var endPoint))
            {
                return endPoint;
            }
        }

        throw new FormatException($"\"{text}\" is not an address to listen on: give tcp://IP:PORT (port 0 for any free one) or unix:PATH");
    }
}
