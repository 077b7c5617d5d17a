using Microsoft.AspNetCore.Builder;
using Praefect.Grains;
using Praefect.Grains.Embedded;
using Praefect.Silo.Configuration;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>Grains in this process alone, in a SQLite file or in Postgres.</summary>
internal static class GrainRuntimeSetup
{
    /// <summary>Name of the runtime, as logged.</summary>
    public const string Name = "Embedded";

    /// <summary>Adds the runtime; its store is opened, and locked, when the host starts.</summary>
    public static Task AddAsync(WebApplicationBuilder builder, PraefectOptions options, CancellationToken cancellationToken)
    {
        if (options.Silo.Kind != SiloRole.All)
            throw new StartException($"role \"{options.Silo.Role}\" needs several processes, but this program was built with the embedded grain runtime, which has one: build it with Orleans, or use role all");
        builder.Services.AddEmbeddedGrains(grains =>
        {
            grains.AddGrains(typeof(GrainOptions).Assembly);
            if (options.Database is { } database)
                grains.UsePostgres(Databases.Open(database));
            else
                grains.UseSqlite(new SqliteStoreOptions { Path = options.Store.Path });
        });
        return Task.CompletedTask;
    }
}
