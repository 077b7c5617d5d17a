using System.Net.Security;

namespace Praefect.Wire.Nodes;

/// <summary>How connections to nodes behave; the same for all nodes of a process.</summary>
public sealed record NodeConnectionSettings
{
    /// <summary>Bound of connecting: socket, TLS, and the backchannel's first stream.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which a ping is sent, with or without calls in flight. Gitaly allows one each 10 s at most.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the answer may take before the connection is given up and its calls fail: how a hung node is noticed.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause after a first failed connect, in which calls fail at once; it doubles with each failure.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest such pause.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Judges a node's certificate; the system's trust store does when null.</summary>
    public RemoteCertificateValidationCallback? ValidateCertificate { get; init; }
}
