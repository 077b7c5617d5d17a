using System.Globalization;
using System.Net;

namespace Praefect.Silo.Configuration;

/// <summary>A TCP address to listen on: <c>host:port</c>, optionally with the scheme that belongs to its key.</summary>
/// <param name="Host">Host name or address without brackets; empty: every address of the machine.</param>
/// <param name="Port">0 to 65535; 0: any free port.</param>
public sealed record ListenEndpoint(string Host, int Port)
{
    /// <summary>Reads an address.</summary>
    /// <param name="text">For example <c>0.0.0.0:2305</c>, <c>:2305</c>, <c>[::1]:2305</c> or <c>tcp://localhost:2305</c>.</param>
    /// <param name="scheme">Scheme that may stand in front: <c>tcp</c> or <c>tls</c>.</param>
    /// <param name="endpoint">The address, when the text is one.</param>
    /// <returns>False when the text is no such address.</returns>
    public static bool TryParse(string text, string scheme, out ListenEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(text);
        endpoint = new ListenEndpoint(string.Empty, 0);
        text = WithoutScheme(text, scheme);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return false;
        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return false;
        if (host.AsSpan().ContainsAny('/', ' '))
            return false;
        endpoint = new ListenEndpoint(host, port);
        return true;
    }

    /// <summary>The address without its scheme: what two keys are compared by.</summary>
    public static string WithoutScheme(string text, string scheme)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(scheme + "://", StringComparison.Ordinal) ? text[(scheme.Length + 3)..] : text;
    }

    /// <summary>The socket's path in a <c>socket_path</c>, which may carry the scheme <c>unix</c>.</summary>
    public static string SocketPath(string text)
    {
        var path = WithoutScheme(text, "unix");
        return path.StartsWith("unix:", StringComparison.Ordinal) ? path["unix:".Length..] : path;
    }

    /// <summary>What to bind to.</summary>
    /// <exception cref="ConfigurationException">The host name cannot be resolved.</exception>
    public async Task<IPEndPoint> ResolveAsync(CancellationToken cancellationToken)
    {
        if (Host.Length == 0)
            return new IPEndPoint(IPAddress.IPv6Any, Port);
        if (IPAddress.TryParse(Host, out var address))
            return new IPEndPoint(address, Port);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(Host, cancellationToken);
            return new IPEndPoint(addresses.FirstOrDefault(found => found.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) ?? addresses[0], Port);
        }
        catch (System.Net.Sockets.SocketException e)
        {
            throw new ConfigurationException($"cannot listen on {this}: host \"{Host}\": {e.Message}");
        }
    }

    /// <summary><c>host:port</c>.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
