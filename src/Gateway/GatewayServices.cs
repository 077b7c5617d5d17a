using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Praefect.Gateway.Accessors;
using Praefect.Gateway.Background;
using Praefect.Gateway.Checks;
using Praefect.Gateway.Clock;
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
    /// An <see cref="IRouteMemoryGuard"/> is asked before a read is routed as last seen.
    /// An <see cref="Praefect.Grains.Catalogue.IRepositoryCatalogue"/> is used where one is registered; calls that need it are refused otherwise.
    /// </summary>
    /// <exception cref="OptionsValidationException">Something is wrong with the options; all of it is named.</exception>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Validate() is { Count: > 0 } problems)
            throw new OptionsValidationException(nameof(GatewayOptions), typeof(GatewayOptions), problems);
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SidechannelRegistry>();
        services.TryAddSingleton<IGatewayGrains, RuntimeGrains>();
        services.TryAddSingleton<IRouteMemoryGuard, NoRouteMemoryGuard>();
        services.TryAddSingleton(_ => new RandomChoice(BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8))));
        services.AddSingleton(options);
        services.AddSingleton<NodeTable>().AddSingleton<ReplicaChoice>().AddSingleton<NodeEvidence>();
        services.AddSingleton<GatewayMetrics>().AddSingleton<CorrelationIds>().AddSingleton<NodeRequests>();
        services.AddSingleton<GrainCalls>().AddSingleton<RouteMemory>().AddSingleton<AccessorRoutes>().AddSingleton<AccessorHandler>();
        services.AddSingleton<TransactionDirectory>(_ => new TransactionDirectory()).AddSingleton<WriteDestinations>();
        services.AddSingleton<PushTurns>().AddSingleton<WriteRunner>();
        services.AddSingleton<MutatorHandler>().AddSingleton<NearRepositories>().AddSingleton<CreationHandler>();
        services.AddSingleton<MaintenanceHandler>().AddSingleton<HealthyNodes>().AddSingleton<StorageScopedHandler>();
        services.AddSingleton<NodeForwarder>().AddSingleton<SidechannelRelay>();
        services.AddSingleton<RecordImport>().AddSingleton<CatalogueAccess>().AddSingleton<StorageRemoval>();
        services.AddSingleton<VerificationMarks>().AddSingleton<DatalossReport>().AddSingleton<ReplicaChecksums>();
        services.AddSingleton<IReadinessCheck, NodeConnectivityCheck>().AddSingleton<IReadinessCheck, UnavailableRepositoriesCheck>().AddSingleton<ReadinessChecks>();
        services.AddSingleton<SntpClient>().AddSingleton<ClockCheck>().AddSingleton<ServerSignatures>();
        services.AddSingleton<RepositoryExistsHandler>().AddSingleton<RepositoryRemoval>().AddSingleton<ObjectPoolLookup>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<Authentication>().AddSingleton<ProxyDispatch>().AddSingleton<ProxyEndpoint>();
        GatewayEndpoints.Add(services);

        // Hosted services stop in reverse: renewal goes on until nothing new comes in, outcomes are drained last.
        services.AddSingleton<BackgroundWork>().AddHostedService(p => p.GetRequiredService<BackgroundWork>());
        services.AddHostedService<SilentNodes>();
        services.AddHostedService<WriteRenewal>();
        return services;
    }

    /// <summary>Ends the middleware chain: every request is the gateway's.</summary>
    public static void UseGateway(this IApplicationBuilder app)
    {
        app.UseMiddleware<GatewayPipeline>();
        app.UseGrpcServing(GatewayEndpoints.Map, app.ApplicationServices.GetRequiredService<ProxyEndpoint>().InvokeAsync);
    }
}
