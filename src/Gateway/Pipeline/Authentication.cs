using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Telemetry;
using Praefect.Wire.Auth;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Pipeline;

/// <summary>Token v2 of clients. Health checks are never asked for one.</summary>
internal sealed partial class Authentication(GatewayOptions options, TimeProvider time, GatewayMetrics metrics, ILogger<Authentication> logger)
{
    private const string HealthService = "/grpc.health.v1.Health/";

    /// <exception cref="GrpcException">Unauthenticated or PermissionDenied.</exception>
    public void Check(HttpContext http)
    {
        if (http.Request.Path.Value!.StartsWith(HealthService, StringComparison.Ordinal))
        {
            BoundStranger(http);
            return;
        }

        if (options.Tokens.Count == 0)
        {
            metrics.Authentication(enforced: false, "server disabled authentication");
            return;
        }

        // A Gitaly that calls the cluster on a client's behalf (ReplicateRepository) sends its own token and, behind it, the one it was called with.
        // No token has a comma in it, which is also what values are joined by on their way.
        string? given = http.Request.Headers[MetadataKeys.Authorization];
        var verdict = Verdict(given?.Split(',', 2)[0], out var reason);
        var enforced = !options.AuthTransitioning;
        metrics.Authentication(enforced, Word(verdict, enforced));
        if (verdict == TokenVerdict.Denied)
            metrics.AuthenticationError(reason);
        if (verdict == TokenVerdict.Ok || !enforced)
            return;
        BoundStranger(http);
        throw verdict == TokenVerdict.Unauthenticated
            ? new GrpcException(GrpcStatusCode.Unauthenticated, "authentication required")
            : new GrpcException(GrpcStatusCode.PermissionDenied, "permission denied: " + reason);
    }

    /// <summary>For a request that is answered without a look at its token: see <see cref="HeadersOfStrangers"/>.</summary>
    public void BoundStranger(HttpContext http)
    {
        if (options.Tokens.Count > 0 && HeadersOfStrangers.EndConnectionIfTooMany(http))
            LogStranger(logger, http.Connection.RemoteIpAddress, http.Request.Path);
    }

    /// <summary>Good under any of the secrets is good; while secrets are being changed there are two.</summary>
    private TokenVerdict Verdict(string? header, out string reason)
    {
        var now = time.GetUtcNow();
        reason = string.Empty;
        var verdict = TokenVerdict.Unauthenticated;
        foreach (var secret in options.Tokens)
        {
            verdict = TokenV2.Check(header, secret, now, out reason);
            if (verdict != TokenVerdict.Denied)
                break;
        }

        return verdict;
    }

    private static string Word(TokenVerdict verdict, bool enforced) => verdict switch
    {
        TokenVerdict.Ok => enforced ? "ok" : "would be ok",
        TokenVerdict.Denied => "denied",
        _ => "unauthenticated",
    };

    [LoggerMessage(1, LogLevel.Warning, "connection is ended: a request without a valid token has more header fields than any client needs: remote={Remote} path={Path}")]
    private static partial void LogStranger(ILogger logger, System.Net.IPAddress? remote, string path);
}
