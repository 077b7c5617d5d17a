using Microsoft.Extensions.DependencyInjection;
using Praefect.Database;
using Praefect.Database.Catalogue;
using Praefect.Grains.Catalogue;
using Praefect.Silo.Configuration;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>The file of a single machine, which holds states, reminders and catalogue.</summary>
internal static class SqliteSetup
{
    /// <summary>Adds the store and its catalogue; <see cref="StoreService"/> opens it.</summary>
    public static IServiceCollection AddSqliteStore(this IServiceCollection services, StoreOptions options)
    {
        services.AddSingleton(_ => new SqliteStore(new SqliteStoreOptions
        {
            Path = options.Path,
            SchemaScripts = [.. MigrationScripts.ForSqliteStore.Select(static script => script.Text)],
        }));
        services.AddSingleton<IGrainStore>(static provider => provider.GetRequiredService<SqliteStore>());
        return services.AddSingleton<IRepositoryCatalogue>(static provider => new SqliteCatalogue(provider.GetRequiredService<SqliteStore>()));
    }
}
