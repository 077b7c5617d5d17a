using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Database;
using Praefect.Database.Catalogue;
using Praefect.Grains;
using Praefect.Grains.Catalogue;
using Praefect.Grains.Embedded;
using Praefect.Silo.Configuration;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>Grains in this process alone, in a SQLite file or in Postgres.</summary>
internal static class GrainRuntimeSetup
{
    /// <summary>Name of the runtime, as logged.</summary>
    public const string Name = "Embedded";

    /// <summary>Whether <c>sql-migrate</c> has to run first. The embedded runtime makes its own tables when it opens the store.</summary>
    public static bool NeedsMigrations => false;

    /// <summary>Whether several processes can share a database: it is locked for one.</summary>
    public static bool HasCluster => false;

    /// <summary>Adds the runtime; its store is opened, and locked, when the host starts.</summary>
    public static Task AddAsync(WebApplicationBuilder builder, PraefectOptions options, CancellationToken cancellationToken)
    {
        if (options.Silo.Kind != SiloRole.All)
            throw new StartException($"role \"{options.Silo.Role}\" needs several processes, but this program was built with the embedded grain runtime, which has one: build it with Orleans, or use role all");
        if (options.Database is { } database)
        {
            var dataSource = Databases.Open(database);
            var scripts = MigrationScripts.ForEmbeddedStore.Select(static script => script.Text);
            builder.Services.AddSingleton<IRepositoryCatalogue>(new PostgresCatalogue(dataSource));
            Add(builder, grains => grains.UsePostgres(dataSource, new PostgresStoreOptions { SchemaScripts = [.. scripts] }));
            return Task.CompletedTask;
        }

        builder.Services.AddSqliteStore(options.Store);
        Add(builder, grains => grains.UseStore(static provider => provider.GetRequiredService<IGrainStore>()));
        return Task.CompletedTask;
    }

    private static void Add(WebApplicationBuilder builder, Action<EmbeddedGrainsBuilder> useStore) => builder.Services.AddEmbeddedGrains(grains =>
    {
        grains.AddGrains(typeof(GrainOptions).Assembly);
        useStore(grains);
    });
}
