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

        return methods.TryFind(path, out var method)
            ? method.InvokeAsync(context)
            : GrpcResponses.WriteStatusAsync(context, new GrpcStatus(GrpcStatusCode.Unimplemented, $"unknown method {path}"));
    }

    private GrpcStatus? Refusal(HttpContext context, string path)
    {
        if (token.Length == 0)
        {
            return null;
        }

        if (path.StartsWith(HealthService, StringComparison.Ordinal))
        {
            BoundStranger(context);
            return null;
        }

        return TokenV2.Check(context.Request.Headers.Authorization.FirstOrDefault(), token, time.GetUtcNow()) switch
        {
            TokenVerdict.Unauthenticated => new GrpcStatus(GrpcStatusCode.Unauthenticated, "authentication required"),
            TokenVerdict.Denied => new GrpcStatus(GrpcStatusCode.PermissionDenied, "permission denied"),
            _ => null,
        };
    }

    private void BoundStranger(HttpContext context)
    {
        if (token.Length > 0)
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
