using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Praefect.Wire.Nodes;

/// <summary>How a node is reached.</summary>
public enum NodeScheme
{
    /// <summary>Plain TCP; the name is resolved at each connect.</summary>
    Tcp,

    /// <summary>TCP with TLS.</summary>
    Tls,

    /// <summary>A unix socket.</summary>
    Unix,

    /// <summary>Plain TCP by DNS name; resolved at each connect, as tcp is.</summary>
    Dns,
}

/// <summary>
/// The address of a storage node: <c>tcp://host:port</c>, <c>tls://host:port</c>, <c>unix:/path</c>, <c>unix:///path</c>,
/// <c>dns:host[:port]</c>, <c>dns://authority/host[:port]</c>.
/// </summary>
public sealed record NodeAddress
{
    /// <summary>The port of a dns address that names none, as in gRPC.</summary>
    public const int DefaultDnsPort = 443;

    private NodeAddress(string text, NodeScheme scheme, string host, int port)
    {
        Text = text;
        Scheme = scheme;
        Host = host;
        Port = port;
    }

    /// <summary>The address as it was written.</summary>
    public string Text { get; }

    /// <summary>How the node is reached.</summary>
    public NodeScheme Scheme { get; }

    /// <summary>Name or address of the host, without brackets; for unix the socket's path.</summary>
    public string Host { get; }

    /// <summary>The port; 0 for unix.</summary>
    public int Port { get; }

    /// <summary>What a socket connects to.</summary>
    public EndPoint EndPoint => Scheme switch
    {
        NodeScheme.Unix => new UnixDomainSocketEndPoint(Host),
        _ when IPAddress.TryParse(Host, out var address) => new IPEndPoint(address, Port),
        _ => new DnsEndPoint(Host, Port),
    };

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException"><c>invalid connection string: "…"</c>, with the reason where it is not a path after the port.</exception>
    public static NodeAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return (colon < 0 ? string.Empty : text[..colon]) switch
        {
            "tcp" => ParseHostPort(text, NodeScheme.Tcp),
            "tls" => ParseHostPort(text, NodeScheme.Tls),
            "unix" => ParseUnix(text),
            "dns" => ParseDns(text),
            _ => throw Invalid(text, "the scheme must be tcp, tls, unix or dns"),
        };
    }

    /// <summary>The address as it was written.</summary>
    public override string ToString() => Text;

    private static NodeAddress ParseHostPort(string text, NodeScheme scheme)
    {
        const string Slashes = "://";
        if (!text.AsSpan(3).StartsWith(Slashes))
            throw Invalid(text, $"expected {text[..3]}://host:port");
        var rest = text[(3 + Slashes.Length)..];
        if (rest.Contains('/', StringComparison.Ordinal))
            throw new FormatException($"invalid connection string: \"{text}\"");
        var (host, port) = SplitPort(text, rest);
        return new NodeAddress(text, scheme, host, port ?? throw Invalid(text, "the port is missing"));
    }

    private static NodeAddress ParseUnix(string text)
    {
        var path = text["unix:".Length..];
        if (path.StartsWith("//", StringComparison.Ordinal))
            path = path[2..];
        if (path.Length == 0)
            throw Invalid(text, "the path of the socket is missing");
        return new NodeAddress(text, NodeScheme.Unix, path, 0);
    }

    private static NodeAddress ParseDns(string text)
    {
        var rest = text["dns:".Length..];
        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            // The authority names a DNS server of its own; names are resolved by the system's resolver here.
            var slash = rest.IndexOf('/', 2);
            if (slash < 0)
                throw Invalid(text, "expected dns://authority/host:port");
            rest = rest[(slash + 1)..];
        }

        var (host, port) = SplitPort(text, rest);
        return new NodeAddress(text, NodeScheme.Dns, host, port ?? DefaultDnsPort);
    }

    private static (string Host, int? Port) SplitPort(string text, string rest)
    {
        var bracket = rest.LastIndexOf(']');
        var colon = rest.LastIndexOf(':');
        var hasPort = colon > bracket;
        var host = (hasPort ? rest[..colon] : rest).Trim('[', ']');
        if (host.Length == 0)
            throw Invalid(text, "the host is missing");
        if (bracket < 0 && host.Contains(':', StringComparison.Ordinal))
            throw Invalid(text, "an IPv6 address needs brackets");
        if (!hasPort)
            return (host, null);
        return ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? (host, port)
            : throw Invalid(text, "the port must be a number from 1 to 65535");
    }

    private static FormatException Invalid(string text, string reason) => new($"invalid connection string: \"{text}\": {reason}");
}
