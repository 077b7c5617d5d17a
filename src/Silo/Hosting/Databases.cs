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
        connection.Host = database.Host.Length > 0 ? database.Host : "localhost";
        connection.Port = database.Port == 0 ? NpgsqlConnection.DefaultPort : database.Port;
        connection.Username = NullIfEmpty(database.User);
        connection.Password = NullIfEmpty(database.Password);
        connection.Database = NullIfEmpty(database.Database);
        connection.SslCertificate = NullIfEmpty(database.SslCertificate);
        connection.SslKey = NullIfEmpty(database.SslKey);
        connection.RootCertificate = NullIfEmpty(database.SslRootCertificate);
        connection.SslMode = database.SslMode switch
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

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
