using Microsoft.AspNetCore.Http;
using Praefect.StorageNode.Replication;
using Praefect.Wire.Auth;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Hosting;

/// <summary>The end of the request pipeline: who may call, and which method answers.</summary>
public sealed class NodeCalls(GrpcMethodTable methods, FetchGate gate, string token, TimeProvider time)
{
    /// <summary>Health is asked by probes that hold no token.</summary>
    private const string HealthService = "/grpc.health.v1.Health/";

    /// <summary>Answers a request.</summary>
    public Task HandleAsync(HttpContext context)
    {
        if (context.Features.Get<FetchGateFeature>() is not null)
        {
            return gate.HandleAsync(context);
        }

        if (!GrpcResponses.IsGrpcRequest(context))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        GrpcResponses.LiftHttpLimits(context);
        var path = context.Request.Path.Value ?? "";
        if (token.Length > 0 && !path.StartsWith(HealthService, StringComparison.Ordinal))
        {
            switch (TokenV2.Check(context.Request.Headers.Authorization.FirstOrDefault(), token, time.GetUtcNow()))
            {
                case TokenVerdict.Unauthenticated:
                    return GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.Unauthenticated, "authentication required"));
                case TokenVerdict.Denied:
                    return GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.PermissionDenied, "permission denied"));
                default:
                    break;
            }
        }

        return methods.TryFind(path, out var method)
            ? method.InvokeAsync(context)
            : GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.Unimplemented, $"unknown method {path}"));
    }
}

/// <summary>Marks connections to the loopback address of <see cref="FetchGate"/>.</summary>
public sealed class FetchGateFeature
{
    /// <summary>The only instance.</summary>
    public static FetchGateFeature Instance { get; } = new();
}
