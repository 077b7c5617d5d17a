using Npgsql;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

/// <summary>One server for all tests of the project; each test takes a database of its own.</summary>
[CollectionDefinition(Name)]
public sealed class Databases : ICollectionFixture<PostgresServer>
{
    public const string Name = "postgres";

    /// <summary>A new database with every script applied.</summary>
    public static async Task<NpgsqlDataSource> MigratedAsync(PostgresServer server)
    {
        var dataSource = await EmptyAsync(server);
        await new Migrator(dataSource, TimeProvider.System).MigrateAsync(progress: null, ignoreUnknown: true, CancellationToken.None);
        return dataSource;
    }

    public static async Task<NpgsqlDataSource> EmptyAsync(PostgresServer server) => NpgsqlDataSource.Create(await server.NewDatabaseAsync());

    public static async Task<T?> ScalarAsync<T>(NpgsqlDataSource dataSource, string sql, params object[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? (T)value : default;
    }
}
