using System.Globalization;
using Npgsql;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting;

/// <summary>Connections to Postgres as <c>[database]</c> describes them.</summary>
internal static class Databases
{
    /// <summary>Connections of one process at most: four silos and their gateways stay below Postgres' default of 100.</summary>
    public const int MaxConnections = 20;

    /// <summary>One pool for everything; statements are prepared as they recur. Of several hosts, separated by commas, the primary is used.</summary>
    public static NpgsqlDataSource Open(DatabaseOptions database)
    {
        var builder = new NpgsqlDataSourceBuilder();
        var connection = builder.ConnectionStringBuilder;
        connection.Host = NullIfEmpty(database.Host) ?? FromEnvironment("PGHOST") ?? "localhost";
        connection.Port = database.Port > 0 ? database.Port : int.TryParse(FromEnvironment("PGPORT"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : NpgsqlConnection.DefaultPort;
        connection.Username = NullIfEmpty(database.User);
        connection.Password = NullIfEmpty(database.Password);
        connection.Database = NullIfEmpty(database.Database) ?? FromEnvironment("PGDATABASE");
        connection.SslCertificate = NullIfEmpty(database.SslCertificate);
        connection.SslKey = NullIfEmpty(database.SslKey);
        connection.RootCertificate = NullIfEmpty(database.SslRootCertificate);
        connection.SslMode = (NullIfEmpty(database.SslMode) ?? FromEnvironment("PGSSLMODE")) switch
        {
            "disable" => SslMode.Disable,
            "allow" => SslMode.Allow,
            "require" => SslMode.Require,
            "verify-ca" => SslMode.VerifyCA,
            "verify-full" => SslMode.VerifyFull,
            _ => SslMode.Prefer,
        };
        connection.ApplicationName = "praefect";
        connection.MaxAutoPrepare = 64;
        connection.MaxPoolSize = MaxConnections;
        return connection.Host.Contains(',', StringComparison.Ordinal)
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
    }

    // What the file leaves out may come from libpq's variables; user, password, certificates and time zone are looked up by Npgsql itself.
    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
