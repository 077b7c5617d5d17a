using Microsoft.AspNetCore.Http;
using Praefect.StorageNode.Replication;
using Praefect.Wire.Auth;
using Praefect.Wire.Grpc;

namespace Praefect.StorageNode.Hosting;

/// <summary>Every request's way in, ahead of routing: who may call.</summary>
internal sealed class NodeCalls(RequestDelegate next, FetchGate gate, StorageNodeOptions options, TimeProvider time)
{
    /// <summary>Health is asked by probes that hold no token.</summary>
    private const string HealthService = "/grpc.health.v1.Health/";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<FetchGateFeature>() is not null)
        {
            return gate.HandleAsync(context);
        }

        if (!GrpcResponses.IsGrpcRequest(context))
        {
            BoundStranger(context);
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        GrpcResponses.LiftHttpLimits(context);
        var path = context.Request.Path.Value ?? "";
        if (Refusal(context, path) is { } refusal)
        {
            BoundStranger(context);
            return GrpcResponses.WriteStatusAsync(context, refusal);
        }

        return next(context);
    }

    private GrpcStatus? Refusal(HttpContext context, string path)
    {
        if (options.Token.Length == 0)
        {
            return null;
        }

        if (path.StartsWith(HealthService, StringComparison.Ordinal))
        {
            BoundStranger(context);
            return null;
        }

        return TokenV2.Check(context.Request.Headers.Authorization.FirstOrDefault(), options.Token, time.GetUtcNow()) switch
        {
            TokenVerdict.Unauthenticated => new GrpcStatus(GrpcStatusCode.Unauthenticated, "authentication required"),
            TokenVerdict.Denied => new GrpcStatus(GrpcStatusCode.PermissionDenied, "permission denied"),
            _ => null,
        };
    }

    private void BoundStranger(HttpContext context)
    {
        if (options.Token.Length > 0)
        {
            HeadersOfStrangers.EndConnectionIfTooMany(context);
        }
    }
}

/// <summary>Marks connections to the loopback address of <see cref="FetchGate"/>.</summary>
public sealed class FetchGateFeature
{
    /// <summary>The only instance.</summary>
    public static FetchGateFeature Instance { get; } = new();
}
