using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Praefect.StorageNode.Services;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Hosting;

/// <summary>The services that this node serves.</summary>
internal static class NodeEndpoints
{
    public static void Add(IServiceCollection services)
    {
        services.AddGrpcServing().AddGrpcHealth();
        services.AddSingleton<RepositoryService>().AddSingleton<RefService>().AddSingleton<CommitService>().AddSingleton<BlobService>()
            .AddSingleton<SmartHttpService>().AddSingleton<SshService>().AddSingleton<ServerService>().AddSingleton<InternalService>();
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<RepositoryService>();
        endpoints.MapGrpcService<RefService>();
        endpoints.MapGrpcService<CommitService>();
        endpoints.MapGrpcService<BlobService>();
        endpoints.MapGrpcService<SmartHttpService>();
        endpoints.MapGrpcService<SshService>();
        endpoints.MapGrpcService<ServerService>();
        endpoints.MapGrpcService<InternalService>();
        endpoints.MapGrpcHealthChecksService();
    }

    public static Task RefuseAsync(HttpContext context) =>
        GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.Unimplemented, $"unknown method {context.Request.Path.Value}"));
}
