using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Background;
using Praefect.Gateway.Checks;
using Praefect.Gateway.Clock;
using Praefect.Gateway.Coordination;
using Praefect.Gateway.Creations;
using Praefect.Gateway.Front;
using Praefect.Gateway.Grains;
using Praefect.Gateway.Info;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Maintenance;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Mutators;
using Praefect.Gateway.Nodes;
using Praefect.Gateway.Operations;
using Praefect.Gateway.Pipeline;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Services;
using Praefect.Gateway.StorageScoped;
using Praefect.Gateway.Telemetry;
using Praefect.Gateway.Turns;
using Praefect.Wire.Grpc;
using Praefect.Wire.Nodes;
using Praefect.Wire.Sidechannel;

namespace Praefect.Gateway;

/// <summary>Puts the gateway into a host.</summary>
public static class GatewayServices
{
    /// <summary>
    /// Registers the gateway. The host provides <see cref="IGrainFactory"/> (or <see cref="IGatewayGrains"/>) and <see cref="NodeConnectionPool"/>, whose
    /// <see cref="SidechannelRegistry"/> must be the registered one; it listens with <c>UseBackchannel</c> for clients and <c>ListenBackchannel</c> for nodes.
    /// Connections to silent nodes are given up where an <see cref="Praefect.Grains.Nodes.INodeDirectory"/> is registered.
    /// An <see cref="IClusterStanding"/> is asked before a read is routed as last seen.
    /// An <see cref="Praefect.Grains.Catalogue.IRepositoryCatalogue"/> is used where one is registered; calls that need it are refused otherwise.
    /// <see cref="GatewayOptions"/> are the host's to configure, and are validated when it starts.
    /// </summary>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>());
        services.TryAddSingleton(static p => p.GetRequiredService<IOptions<GatewayOptions>>().Value);
        services.TryAddSingleton<SidechannelRegistry>();
        services.TryAddSingleton<IGatewayGrains, RuntimeGrains>();
        services.TryAddSingleton(_ => new RandomChoice(BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8))));
        services.TryAddSingleton(_ => new TransactionDirectory());
        services.AddDecisions();
        services.AddSingleton<NodeTable>().AddSingleton<CorrelationIds>().AddSingleton<NodeRequests>();
        services.AddSingleton<AccessorHandler>().AddSingleton<WriteDestinations>().AddSingleton<WriteRunner>();
        services.AddSingleton<MutatorHandler>().AddSingleton<NearRepositories>().AddSingleton<CreationHandler>();
        services.AddSingleton<MaintenanceHandler>().AddSingleton<HealthyNodes>().AddSingleton<StorageScopedHandler>();
        services.AddSingleton<NodeForwarder>().AddSingleton<SidechannelRelay>();
        services.AddSingleton<RecordImport>().AddSingleton<CatalogueAccess>().AddSingleton<StorageRemoval>();
        services.AddSingleton<VerificationMarks>().AddSingleton<DatalossReport>().AddSingleton<ReplicaChecksums>();
        services.AddSingleton<CheckCaller>().AddSingleton<ReadinessChecks>();
        services.AddHealthChecks()
            .AddCheck<NodeConnectivityCheck>(NodeConnectivityCheck.Name, tags: [HealthTags.Installation])
            .AddCheck<UnavailableRepositoriesCheck>(UnavailableRepositoriesCheck.Name, tags: [HealthTags.Installation]);
        services.AddSingleton<SntpClient>().AddSingleton<ClockCheck>().AddSingleton<ServerSignatures>();
        services.AddSingleton<RepositoryExistsHandler>().AddSingleton<RepositoryRemoval>().AddSingleton<ObjectPoolLookup>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<Authentication>().AddSingleton<ProxyDispatch>().AddSingleton<ProxyEndpoint>();
        GatewayEndpoints.Add(services);

        // Hosted services stop in reverse: renewal goes on until nothing new comes in, outcomes are drained last.
        services.AddHostedService(p => p.GetRequiredService<BackgroundWork>());
        services.AddHostedService<SilentNodes>();
        services.AddHostedService(p => p.GetRequiredService<WriteRenewal>());
        return services;
    }

    /// <summary>
    /// Registers what decides how reads and writes go, and what becomes of them: all that a gateway does between client, grains and nodes, without a connection to
    /// any of them. Needs <see cref="IGatewayGrains"/>, <see cref="RandomChoice"/>, <see cref="TransactionDirectory"/> and logging.
    /// </summary>
    internal static IServiceCollection AddDecisions(this IServiceCollection services, GatewayOptions options) => services.AddSingleton(options).AddDecisions();

    private static IServiceCollection AddDecisions(this IServiceCollection services)
    {
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<GatewayMetrics>().AddSingleton<BackgroundWork>().AddSingleton<GrainCalls>();
        services.AddSingleton<ReplicaChoice>().AddSingleton<NodeEvidence>();
        services.TryAddSingleton<IClusterStanding, NoMembership>();
        services.AddSingleton<RouteMemory>().AddSingleton<AccessorRoutes>().AddSingleton<ReplicaReads>();
        services.AddSingleton<TurnTaking>().AddSingleton<WriteOpening>().AddSingleton<WriteCoordinator>().AddSingleton<VoteRelay>().AddSingleton<WriteRenewal>();
        services.AddSingleton<RecordedRemoval>();
        return services;
    }

    /// <summary>Ends the middleware chain: every request is the gateway's.</summary>
    public static void UseGateway(this IApplicationBuilder app)
    {
        app.UseMiddleware<GatewayPipeline>();
        app.UseGrpcServing(GatewayEndpoints.Map, app.ApplicationServices.GetRequiredService<ProxyEndpoint>().InvokeAsync);
    }
}
