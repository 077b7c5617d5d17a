using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Praefect.Gateway.Info;
using Praefect.Gateway.Intercepted;
using Praefect.Gateway.Operations;
using Praefect.Gateway.Reflection;
using Praefect.Gateway.Services;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Pipeline;

/// <summary>The typed services: what the gateway answers itself, each a class. Everything else is <see cref="ProxyEndpoint"/>'s.</summary>
internal static class GatewayEndpoints
{
    public static void Add(IServiceCollection services)
    {
        services.AddGrpcServing().AddGrpcHealth();
        services.AddSingleton<RefTransactionService>().AddSingleton<ServerService>().AddSingleton<PraefectInfoService>().AddSingleton<OperationsService>();
        services.AddSingleton<RepositoryService>().AddSingleton<ObjectPoolService>().AddSingleton<RepositoryWalk>();
        services.AddSingleton<NodeDescriptors>().AddSingleton<ReflectionService>();
        services.TryAddSingleton<global::Grpc.Reflection.ReflectionServiceImpl>(static provider => provider.GetRequiredService<ReflectionService>());
        services.TryAddSingleton<global::Grpc.Reflection.ReflectionV1ServiceImpl, ReflectionV1Service>();
        services.AddGrpcReflection();
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<RefTransactionService>();
        endpoints.MapGrpcService<ServerService>();
        endpoints.MapGrpcService<PraefectInfoService>();
        endpoints.MapGrpcService<OperationsService>();
        endpoints.MapGrpcService<RepositoryService>();
        endpoints.MapGrpcService<ObjectPoolService>();
        endpoints.MapGrpcService<RepositoryWalk>();
        endpoints.MapGrpcHealthChecksService();
        endpoints.MapGrpcReflectionService();
    }
}
