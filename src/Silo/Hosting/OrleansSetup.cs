using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Praefect.Database;
using Praefect.Database.Catalogue;
using Praefect.Grains;
using Praefect.Grains.Catalogue;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting.Clustering;
using Praefect.Store;

namespace Praefect.Silo.Hosting;

/// <summary>Grains on Orleans: a cluster through Postgres, or one machine with a SQLite file.</summary>
internal static class OrleansSetup
{
    /// <summary>The name under which Orleans' ADO.NET providers know Postgres.</summary>
    internal const string Invariant = "Npgsql";

    /// <summary>
    /// Adds the silo, or for the role <c>gateway</c> the client of the silos. Returns what has to end well before anything of it is started: the question whether
    /// the database has all migrations, which is under way while services are made.
    /// </summary>
    /// <returns>Throws <see cref="DatabaseSchemaException"/> where migrations are missing.</returns>
    public static async Task<Task> AddAsync(WebApplicationBuilder builder, PraefectOptions options, CancellationToken cancellationToken)
    {
        if (options.Database is { } database)
        {
            var dataSource = Databases.Open(database);
            var migrations = Task.Run(() => new Migrator(dataSource, TimeProvider.System).EnsureUpToDateAsync(cancellationToken), cancellationToken);
            builder.Services.AddSingleton(dataSource);
            builder.Services.AddSingleton<IRepositoryCatalogue>(new PostgresCatalogue(dataSource));
            if (options.Silo.Kind == SiloRole.Gateway)
                GatewayClientSetup.Add(builder, dataSource, options.Silo);
            else
                await AddSiloAsync(builder, dataSource, options.Silo, database, cancellationToken);
            return migrations;
        }

        builder.Services.AddSqliteStore(options.Store);
        builder.Services.AddHostedService<StoreService>();
        builder.UseOrleans(silo => UseStore(silo, options.Silo));
        return Task.CompletedTask;
    }

    private static async Task AddSiloAsync(
        WebApplicationBuilder builder, NpgsqlDataSource dataSource, SiloSettings settings, DatabaseOptions database, CancellationToken cancellationToken)
    {
        var address = await AdvertisedAddress.FindAsync(settings, database, cancellationToken);
        builder.UseOrleans(silo => UsePostgres(silo, dataSource, settings, address));
    }

    private static void UsePostgres(ISiloBuilder silo, NpgsqlDataSource dataSource, SiloSettings settings, IPAddress address)
    {
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });
        var forGateways = settings.Kind == SiloRole.Silo ? Port(settings.GatewayPort) : settings.GatewayPort;
        silo.ConfigureEndpoints(address, Port(settings.SiloPort), forGateways, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        silo.Configure<EndpointOptions>(endpoints => ListenElsewhere(endpoints, settings, IPAddress.IsLoopback(address) ? address : IPAddress.Any));
        UseClock(silo);
        silo.Configure<ClusterMembershipOptions>(membership => Membership.Configure(membership, settings));
        silo.UseAdoNetClustering(clustering =>
        {
            clustering.Invariant = Invariant;
            clustering.DataSource = dataSource;
        });
        PauseGuard.Add(silo.Services, settings);
        KilledSilos.Add(silo, settings);
        silo.AddAdoNetGrainStorage(SqlGrainStorage.Inner, options => options.Configure<IServiceProvider>((storage, services) =>
        {
            storage.Invariant = Invariant;
            storage.DataSource = dataSource;
            storage.DeleteStateOnClear = true;
            storage.GrainStorageSerializer = ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services);
        }));
        silo.Services.AddGrainStorage(
            GrainOptions.StorageProvider, static (provider, _) => new SqlGrainStorage(provider.GetRequiredKeyedService<IGrainStorage>(SqlGrainStorage.Inner)));
        silo.UseAdoNetReminderService(reminders =>
        {
            reminders.Invariant = Invariant;
            reminders.DataSource = dataSource;
        });
    }

    private static void UseClock(ISiloBuilder silo) => silo.Services.AddKeyedSingleton<TimeProvider>(
        TimeProviderNames.Membership, static (provider, _) => new UptimeClock(provider.GetRequiredService<TimeProvider>()));

    private static void UseStore(ISiloBuilder silo, SiloSettings settings)
    {
        LoneSilo.Use(silo, settings);
        UseClock(silo);
        silo.AddReminders();
        silo.Services.AddGrainStorage(GrainOptions.StorageProvider, static (provider, _) => new StoreGrainStorage(provider.GetRequiredService<IGrainStore>()));
        silo.Services.AddSingleton<IReminderTable, StoreReminderTable>();
    }

    // The advertised ports may belong to a port mapping or a proxy.
    private static void ListenElsewhere(EndpointOptions endpoints, SiloSettings settings, IPAddress address)
    {
        if (settings.SiloListenPort != 0)
            endpoints.SiloListeningEndpoint = new IPEndPoint(address, settings.SiloListenPort);
        if (settings.GatewayListenPort != 0)
            endpoints.GatewayListeningEndpoint = new IPEndPoint(address, settings.GatewayListenPort);
    }

    // Orleans wants to know its port ahead of binding it.
    private static int Port(int configured)
    {
        if (configured != 0)
            return configured;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
