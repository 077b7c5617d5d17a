using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Praefect.Gateway;
using Praefect.Gateway.Checks;
using Praefect.Gateway.Front;
using Praefect.Grains;
using Praefect.Grains.Nodes;
using Praefect.Grains.Telemetry;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting.Checks;
using Praefect.Silo.Logging;
using Praefect.Silo.Metrics;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;
using Praefect.Wire.Yamux;
using GrainVirtualStorage = Praefect.Grains.Nodes.VirtualStorageOptions;

namespace Praefect.Silo.Hosting;

/// <summary>The whole process: grains, gateway and listeners in one host, or one of the two sides for the split roles of a cluster.</summary>
public sealed class PraefectServer : IAsyncDisposable
{
    /// <summary>Time for recording outcomes and deactivating grains, after the grace period for calls.</summary>
    private static readonly TimeSpan StopReserve = TimeSpan.FromSeconds(40);

    /// <summary>How old the view of the nodes' health may get in a process of a cluster when a silo dies with the grain that tells of it.</summary>
    private static readonly TimeSpan ClusterRefresh = TimeSpan.FromSeconds(2);

    private const long MostCopies = 1000;
    private const long MostInBatch = 10_000;

    private static readonly ImmutableArray<string> Meters =
        ["Praefect*", "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql"];

    private readonly WebApplication _app;

    private PraefectServer(WebApplication app) => _app = app;

    /// <summary>Addresses that others can connect to, with the ports that were chosen for those given as 0.</summary>
    public IReadOnlyCollection<string> Addresses => _app.Services.GetRequiredService<Listeners>().Addresses();

    /// <summary>Services, for those who host the process in theirs.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts: store, silo, first look at the nodes, and only then listeners.</summary>
    /// <exception cref="Exception">Whatever stopped the start; <c>StartFailures</c> has the words.</exception>
    public static async Task<PraefectServer> StartAsync(
        LoadedConfiguration configuration, TimeProvider time, CancellationToken cancellationToken, Action<WebApplicationBuilder>? customise = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var options = Served(configuration.Options);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "praefect" });
        builder.Services.AddSingleton(time);
        LoggingSetup.Configure(builder.Logging, options.Logging);
        var listeners = await Listeners.PrepareAsync(options, time, cancellationToken);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listeners.Configure);
        AddOwnServices(builder.Services, options, listeners);
        var usable = await OrleansSetup.AddAsync(builder, options, cancellationToken);
        builder.Services.AddPraefectGrains(GrainOptionsOf(options));
        builder.Services.AddSingleton<INodeGateway, NodeGateway>();
        AddNodes(builder.Services, options);
        builder.Services.AddHostedService<NodeWatch>();
        if (options.Silo.Kind != SiloRole.Silo)
        {
            builder.Services.AddGateway(GatewayOptionsOf(options));
            AddChecks(builder.Services, options);
        }

        customise?.Invoke(builder);

        var app = builder.Build();
        var server = new PraefectServer(app);
        try
        {
            Measure(app.Services);
            app.Services.GetRequiredService<EarlyNodes>().Start();
            Route(app, options.Silo.Kind);
            await usable;
            await app.StartAsync(cancellationToken);
            return server;
        }
        catch (Exception e)
        {
            app.Services.GetRequiredService<FailedStart>().Told = StartFailures.Describe(e, options) is not null;
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs until the process is told to stop, and stops: calls first, grains last.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops as on SIGTERM.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void AddOwnServices(IServiceCollection services, PraefectOptions options, Listeners listeners)
    {
        services.AddSingleton(listeners);
        services.AddSingleton<GitHttpEntrance>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.GracefulStopTimeout + StopReserve);
        services.AddSingleton(_ => new MetricsRegistry(Meters, HistogramBuckets.Of(options), KnownSeries.Praefects()));
        services.AddSingleton(options);
        services.AddSingleton<CatalogueMetrics>();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<MetricsEndpoint>();
        services.AddSingleton<IHostedService>(provider => new GracefulStop(
            provider.GetRequiredService<IServer>(),
            options.GracefulStopTimeout,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<GracefulStop>>()));
    }

    private static void AddNodes(IServiceCollection services, PraefectOptions options)
    {
        services.AddBackchannelTransport();
        services.AddSingleton<SidechannelRegistry>();
        var nodes = options.VirtualStorages
            .SelectMany(storage => storage.Nodes, (storage, node) => new NodeOptions(storage.Name, node.Storage, NodeAddress.Parse(node.Address), node.Token))
            .ToImmutableArray();
        var yamux = new YamuxOptions
        {
            AcceptBacklog = (int)options.Yamux.AcceptBacklog,
            MaxStreamWindowBytes = options.Yamux.MaximumStreamWindowBytes,
        };
        services.AddSingleton<EarlyNodes>();
        services.AddSingleton(provider => new NodeConnectionPool(
            nodes,
            provider.GetRequiredService<SidechannelRegistry>(),
            provider.GetRequiredService<IBackchannelAcceptor>(),
            yamux,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }

    private static void AddChecks(IServiceCollection services, PraefectOptions options)
    {
        if (options.Database is not { } database)
        {
            services.AddSingleton<IReadinessCheck, StoreCheck>();
            return;
        }

        services.AddSingleton<IReadinessCheck>(_ => new DatabaseCheck(database));
        services.AddSingleton<IReadinessCheck>(provider => new MigrationsCheck(database, provider.GetRequiredService<TimeProvider>()));
    }

    // One file may serve all processes of a cluster: a silo has no port for calls, whatever the file says.
    private static PraefectOptions Served(PraefectOptions options) => options.Silo.Kind != SiloRole.Silo
        ? options
        : options with { ListenAddress = "", TlsListenAddress = "", SocketPath = "", GitHttp = new GitHttpOptions() };

    private static GrainOptions GrainOptionsOf(PraefectOptions options) => new()
    {
        // A file is locked for one process.
        OneProcess = options.Database is null,
        // Among several processes notices can be lost with a silo, so all of them look more often.
        DirectoryRefresh = options.Database is null ? new GrainOptions().DirectoryRefresh : ClusterRefresh,
        // What Praefect takes in hand for one storage at a time.
        CopiesPerTarget = (int)Math.Min(options.Replication.BatchSize, MostCopies),
        ReconciliationInterval = SearchInterval(options.Reconciliation.SchedulingInterval),
        VerificationInterval = options.BackgroundVerification.VerificationInterval,
        DeleteInvalidRecords = options.BackgroundVerification.DeleteInvalidRecords,
        WalkInterval = options.RepositoriesCleanup.RunInterval > TimeSpan.Zero ? options.RepositoriesCleanup.RunInterval : TimeSpan.Zero,
        WalkCheckInterval = SearchInterval(options.RepositoriesCleanup.CheckInterval) is var check && check > TimeSpan.Zero ? check : new GrainOptions().WalkCheckInterval,
        WalkBatch = (int)Math.Clamp(options.RepositoriesCleanup.RepositoriesInBatch, 1, MostInBatch),
        WriteTurns = options.WriteTurns,
        VirtualStorages =
        [
            .. options.VirtualStorages.Select(storage => new GrainVirtualStorage
            {
                Name = storage.Name,
                Storages = [.. storage.Nodes.Select(node => node.Storage)],
                DefaultReplicationFactor = storage.DefaultReplicationFactor,
            }),
        ],
    };

    private static TimeSpan SearchInterval(TimeSpan configured) =>
        configured <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Clamp(configured.TotalSeconds, 0.05, TimeSpan.FromDays(365).TotalSeconds));

    private static GatewayOptions GatewayOptionsOf(PraefectOptions options)
    {
        // Where a grain may be in another process, a write that went down with that is to be noticed soon.
        var gateway = options.Database is null ? new GatewayOptions() : GatewayOptions.ForCluster();
        gateway.AccessLogAllow = AccessLogPatterns.Allow;
        gateway.AccessLogDeny = AccessLogPatterns.Deny;
        gateway.Tokens = options.Auth.Token.Length > 0 ? [options.Auth.Token] : [];
        gateway.AuthTransitioning = options.Auth.Transitioning;
        gateway.GitHttp = new GitHttpFrontOptions
        {
            Enabled = options.GitHttp.ListenAddress.Length > 0,
            Token = options.GitHttp.Token.Length > 0 ? options.GitHttp.Token : null,
            CreateOnPush = options.GitHttp.CreateOnPush,
        };
        return gateway;
    }

    // Ahead of everything that measures, so that nothing is missed and every series is there from the start.
    private static void Measure(IServiceProvider services)
    {
        services.GetRequiredService<MetricsRegistry>();
        services.GetRequiredService<ProcessMetrics>();
        _ = NodeMetrics.Instruments.Count + GrainMetrics.Instruments.Count;
    }

    private static void Route(WebApplication app, SiloRole role)
    {
        app.MapWhen(
            context => context.Features.Get<ListenerRole>()?.Kind == ListenerKind.Metrics,
            branch => branch.Run(app.Services.GetRequiredService<MetricsEndpoint>().HandleAsync));
        if (role == SiloRole.Silo)
            return;
        app.MapWhen(
            context => context.Features.Get<ListenerRole>()?.Kind == ListenerKind.GitHttp,
            branch => branch.Run(app.Services.GetRequiredService<GitHttpEntrance>().HandleAsync));
        app.UseGateway();
    }
}
