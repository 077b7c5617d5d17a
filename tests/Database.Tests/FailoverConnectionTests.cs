using Npgsql;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

[Collection(Databases.Name)]
public sealed class FailoverConnectionTests(PostgresServer server)
{
    [PostgresFact]
    public async Task A_data_source_with_several_hosts_finds_the_one_that_accepts_writes()
    {
        var builder = new NpgsqlConnectionStringBuilder(await server.NewDatabaseAsync());
        builder.Host = $"127.0.0.1:1,{builder.Host}:{builder.Port}";
        builder.HostRecheckSeconds = 2;
        await using var hosts = new NpgsqlDataSourceBuilder(builder.ConnectionString).BuildMultiHost();
        await using var dataSource = hosts.WithTargetSession(TargetSessionAttributes.Primary);

        await new Migrator(dataSource, TimeProvider.System).MigrateAsync(progress: null, ignoreUnknown: true, default);

        await new Migrator(dataSource, TimeProvider.System).EnsureUpToDateAsync(default);
    }
}
