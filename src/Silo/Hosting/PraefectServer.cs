using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Praefect.Gateway;
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

namespace Praefect.Silo.Hosting;

/// <summary>The whole process: grains, gateway and listeners in one host, or one of the two sides for the split roles of a cluster.</summary>
public sealed class PraefectServer : IAsyncDisposable
{
    /// <summary>Time for recording outcomes and deactivating grains, after the grace period for calls.</summary>
    private static readonly TimeSpan StopReserve = TimeSpan.FromSeconds(40);

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
        builder.Services.AddPraefectGrains().ConfigureOptions<GrainOptionsSetup>();
        builder.Services.AddSingleton<INodeGateway, NodeGateway>();
        AddNodes(builder.Services, options);
        builder.Services.AddHostedService<NodeWatch>();
        if (options.Silo.Kind != SiloRole.Silo)
            builder.Services.AddGateway().ConfigureOptions<GatewayOptionsSetup>();
        HealthSetup.Add(builder.Services, options);

        customise?.Invoke(builder);

        var app = builder.Build();
        var server = new PraefectServer(app);
        try
        {
            // Ahead of whatever is made of options, so that all that is wrong is told and not the first that is met.
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            Measure(app.Services);
            app.Services.GetRequiredService<EarlyNodes>().Start();
            Route(app, options.Silo.Kind);
            await usable;
            await app.StartAsync(cancellationToken);
            return server;
        }
        catch (Exception e)
        {
            app.Services.GetRequiredService<FailedStart>().Told = !StartFailures.Describe(e, options).IsEmpty;
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
        services.AddOptions<PraefectOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<PraefectOptions>, PraefectOptionsValidator>();
        services.AddSingleton<IOptionsFactory<PraefectOptions>>(provider => new PraefectOptionsFactory(options, provider.GetServices<IValidateOptions<PraefectOptions>>()));
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<PraefectOptions>>().Value);
        services.AddSingleton<CatalogueMetrics>();
        services.AddSingleton<ProcessMetrics>();
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
        services.AddSingleton<EarlyNodes>();
        services.AddSingleton(provider => new NodeConnectionPool(
            nodes,
            provider.GetRequiredService<SidechannelRegistry>(),
            provider.GetRequiredService<IBackchannelAcceptor>(),
            options.Yamux,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }

    // One file may serve all processes of a cluster: a silo has no port for calls, whatever the file says.
    private static PraefectOptions Served(PraefectOptions options) => options.Silo.Kind != SiloRole.Silo
        ? options
        : options with { ListenAddress = "", TlsListenAddress = "", SocketPath = "", GitHttp = new GitHttpOptions() };

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
