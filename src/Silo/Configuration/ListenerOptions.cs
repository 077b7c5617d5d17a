namespace Praefect.Silo.Configuration;

/// <summary>Who may call, <c>[auth]</c>.</summary>
public sealed record AuthOptions
{
    /// <summary><c>token</c>: the secret that clients share; empty: everybody may call.</summary>
    public string Token { get; init; } = "";

    /// <summary><c>token_file</c>: file with the secret, mode 0600 or 0400, read once at the start; excludes <see cref="Token"/>.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary><c>transitioning</c>: check tokens for the metrics only, refuse nobody.</summary>
    public bool Transitioning { get; init; }
}

/// <summary>The certificate of <c>tls_listen_addr</c>, <c>[tls]</c>.</summary>
public sealed record TlsOptions
{
    /// <summary><c>certificate_path</c>: PEM file with the certificate and its chain. (<c>cert_path</c> in the output of a configuration command.)</summary>
    public string CertificatePath { get; init; } = "";

    /// <summary><c>key_path</c>: PEM file with the private key.</summary>
    public string KeyPath { get; init; } = "";

    /// <summary><c>key</c>: the private key as PEM text; excludes <see cref="KeyPath"/>.</summary>
    public string Key { get; init; } = "";

    /// <summary><c>min_version</c>: lowest version that <c>tls_listen_addr</c> speaks, <c>TLS 1.2</c> (also when empty) or <c>TLS 1.3</c>.</summary>
    public string MinVersion { get; init; } = "";

    /// <summary>Value of <see cref="MinVersion"/> for TLS 1.2 and 1.3.</summary>
    public const string Tls12 = "TLS 1.2";

    /// <summary>Value of <see cref="MinVersion"/> for TLS 1.3 alone.</summary>
    public const string Tls13 = "TLS 1.3";
}

/// <summary>Git over HTTP at the gateway, <c>[git_http]</c>: for people with nothing but <c>git</c>. Off unless it has an address.</summary>
public sealed record GitHttpOptions
{
    /// <summary><c>listen_addr</c>: <c>host:port</c>; empty: off.</summary>
    public string ListenAddress { get; init; } = "";

    /// <summary><c>token</c>: password that git clients must give (any user name); empty: none.</summary>
    public string Token { get; init; } = "";

    /// <summary><c>create_on_push</c>: a push to a repository that does not exist creates it.</summary>
    public bool CreateOnPush { get; init; }
}
