namespace Praefect.Silo.Configuration;

/// <summary>Where one machine keeps what must not be lost, <c>[store]</c>. Not used when <c>[database]</c> is configured.</summary>
public sealed record StoreOptions
{
    /// <summary><c>path</c>: SQLite file, made when it is missing; its folder must exist. One process at a time can have it.</summary>
    public string Path { get; init; } = "";
}

/// <summary>Postgres, <c>[database]</c> and <c>[database.session_pooled]</c>.</summary>
public sealed record DatabaseOptions
{
    /// <summary><c>host</c>: name, address, or folder of a Unix socket.</summary>
    public string Host { get; init; } = "";

    /// <summary><c>port</c>; 0: Postgres' default, 5432.</summary>
    public int Port { get; init; }

    /// <summary><c>user</c>.</summary>
    public string User { get; init; } = "";

    /// <summary><c>password</c>.</summary>
    public string Password { get; init; } = "";

    /// <summary><c>dbname</c>.</summary>
    public string Database { get; init; } = "";

    /// <summary><c>sslmode</c>: <c>disable</c>, <c>allow</c>, <c>prefer</c>, <c>require</c>, <c>verify-ca</c> or <c>verify-full</c>; empty: <c>prefer</c>.</summary>
    public string SslMode { get; init; } = "";

    /// <summary><c>sslcert</c>: client certificate file.</summary>
    public string SslCertificate { get; init; } = "";

    /// <summary><c>sslkey</c>: key file of the client certificate.</summary>
    public string SslKey { get; init; } = "";

    /// <summary><c>sslrootcert</c>: file with the authorities to trust.</summary>
    public string SslRootCertificate { get; init; } = "";

    /// <summary><c>host_no_proxy</c>: deprecated way past a connection pooler.</summary>
    public string HostNoProxy { get; init; } = "";

    /// <summary><c>port_no_proxy</c>: as <see cref="HostNoProxy"/>.</summary>
    public int PortNoProxy { get; init; }

    /// <summary><c>[database.session_pooled]</c>: for connections that must outlive a transaction; null: as the rest.</summary>
    public DatabaseOptions? SessionPooled { get; init; }
}
