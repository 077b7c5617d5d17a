using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Storage;
using Praefect.Tests.Shared;

namespace Praefect.Database.Tests;

/// <summary>
/// Two silos and a client of real Orleans on the scripts, all of it through one data source. Hosts of their own: the testing host puts a
/// membership table of its own in front of the database's.
/// </summary>
public sealed class OrleansCluster(PostgresServer server) : IAsyncLifetime
{
    public const string Storage = "praefect";
    private readonly List<IHost> _hosts = [];
    private NpgsqlDataSource? _dataSource;

    public NpgsqlDataSource DataSource => _dataSource!;

    /// <summary>Of the first silo.</summary>
    public IServiceProvider Services => _hosts[0].Services;

    /// <summary>The client's.</summary>
    public IGrainFactory Grains => _hosts[^1].Services.GetRequiredService<IGrainFactory>();

    public async Task InitializeAsync()
    {
        if (PostgresServer.Missing is not null) return;
        await using (var migrated = await Databases.MigratedAsync(server))
            _dataSource = NpgsqlDataSource.Create(migrated.ConnectionString + ";Max Auto Prepare=50;Auto Prepare Min Usages=2");
        for (var silo = 0; silo < 2; silo++) _hosts.Add((await StartSiloAsync()).Host);
        var builder = NewBuilder();
        builder.UseOrleansClient(client => client.Configure<ClusterOptions>(Name).UseAdoNetClustering(options =>
        {
            options.Invariant = "Npgsql";
            options.DataSource = DataSource;
        }));
        _hosts.Add(builder.Build());
        await _hosts[^1].StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await host.StopAsync(enough.Token);
            host.Dispose();
        }

        if (_dataSource is not null) await _dataSource.DisposeAsync();
    }

    public async Task<Silo> StartSiloAsync()
    {
        var builder = NewBuilder();
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(Name)
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort(), listenOnAnyHostAddress: false)
            .UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.DataSource = DataSource;
            })
            .UseAdoNetReminderService(options =>
            {
                options.Invariant = "Npgsql";
                options.DataSource = DataSource;
            })
            .AddAdoNetGrainStorage(Storage, options => options.Configure<IServiceProvider>((storage, services) =>
            {
                storage.Invariant = "Npgsql";
                storage.DataSource = DataSource;
                storage.DeleteStateOnClear = true;
                storage.GrainStorageSerializer = ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services);
            }))
            .Configure<ReminderOptions>(static options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100)));
        var host = builder.Build();
        await host.StartAsync();
        return new Silo(host);
    }

    private static HostApplicationBuilder NewBuilder()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        return builder;
    }

    private static void Name(ClusterOptions options) => (options.ClusterId, options.ServiceId) = ("test", "praefect");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public sealed record Silo(IHost Host) : IAsyncDisposable
    {
        public Task StopAsync(CancellationToken cancellationToken) => Host.StopAsync(cancellationToken);

        public ValueTask DisposeAsync()
        {
            Host.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
