using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Pipeline;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Grpc;

namespace Praefect.Gateway.Telemetry;

/// <summary>One line for each call that ended, with the fields that log pipelines for Praefect know.</summary>
internal sealed class AccessLog(GatewayOptions options, CorrelationIds correlationIds, TimeProvider time, ILogger<AccessLog> logger)
{
    private const string Time = "yyyy-MM-ddTHH:mm:ss.fff";

    public void Write(HttpContext http, CallLog log, GrpcStatusCode code, string? error, TimeSpan took)
    {
        // Of a write's votes there are several from each node, and Praefect has no line for any of them.
        var level = code == GrpcStatusCode.OK && http.Features.Get<INodeConnectionFeature>() is not null ? LogLevel.Debug : LevelOf(code);
        var path = http.Request.Path.Value!;
        if (!options.AccessLog || !logger.IsEnabled(level) || !Passes(options.AccessLogAllow, path, without: true) || Passes(options.AccessLogDeny, path, without: false))
            return;
        var fields = Fields(http, log, path, MethodLabels.Code(code), took);
        if (error is { Length: > 0 })
            fields.Add(new("error", error));
        var kind = log.Labels?.Type == "unary" ? "unary" : "streaming";
        logger.Log(level, default, fields, null, (_, _) => $"finished {kind} call with code {MethodLabels.Code(code)}");
    }

    private List<KeyValuePair<string, object?>> Fields(HttpContext http, CallLog log, string path, string code, TimeSpan took)
    {
        var now = time.GetUtcNow();
        var caller = new CallerMetadata(http.Request.Headers);
        var fields = new List<KeyValuePair<string, object?>>(32)
        {
            new("grpc.code", code),
            new("grpc.method", log.Labels?.Name ?? path[(path.LastIndexOf('/') + 1)..]),
            new("grpc.service", log.Labels?.Service ?? path[..Math.Max(0, path.LastIndexOf('/'))].TrimStart('/')),
            new("grpc.start_time", (now - took).UtcDateTime.ToString(Time, CultureInfo.InvariantCulture)),
            new("grpc.time_ms", Math.Round(took.TotalMilliseconds, 3)),
            new("grpc.request.fullMethod", path),
            new("grpc.meta.method_type", log.Labels?.Type ?? MethodLabels.Unknown),
            new("system", "grpc"),
            new("span.kind", "server"),
        };
        Add("grpc.meta.method_operation", Known(log.Labels?.Operation));
        Add("grpc.meta.method_scope", Known(log.Labels?.Scope));
        Add("grpc.meta.auth_version", caller.AuthVersion);
        Add("grpc.meta.client_name", caller.ClientName);
        Add("grpc.meta.call_site", caller.CallSite);
        Add("grpc.meta.deadline_type", caller.DeadlineType);
        string? header = http.Request.Headers[MetadataKeys.GrpcTimeout];
        if (GrpcTimeout.TryParse(header, out var timeout) && timeout < DateTimeOffset.MaxValue - now)
            Add("grpc.request.deadline", (now - took + timeout).UtcDateTime.ToString(Time, CultureInfo.InvariantCulture));
        Add("grpc.request.payload_bytes", log.Traffic?.Received.PayloadBytes);
        Add("grpc.response.payload_bytes", log.Traffic?.Sent.PayloadBytes);
        Add("remote_ip", caller.RemoteIp);
        Add("user_id", caller.UserId);
        Add("username", caller.UserName);
        Add("peer.address", http.Connection.RemoteIpAddress is { } address ? $"{address}:{http.Connection.RemotePort}" : null);
        Add("correlation_id", log.Call?.CorrelationId ?? correlationIds.Of(http));
        if (log.Target is { } target)
        {
            Add("grpc.request.repoStorage", Given(target.StorageName));
            Add("grpc.request.repoPath", Given(target.RelativePath));
            Add("grpc.request.glRepository", Given(target.GlRepository));
            Add("grpc.request.glProjectPath", Given(target.GlProjectPath));
        }

        if (log.Call is not { } call)
            return fields;
        Add("virtual_storage", call.Key.VirtualStorage);
        Add("relative_path", Given(call.Key.RelativePath));
        Add("route", call.Route?.Fields());
        return fields;

        void Add(string key, object? value)
        {
            if (value is not null)
                fields.Add(new(key, value));
        }
    }

    private static string? Given(string text) => text.Length == 0 ? null : text;

    private static string? Known(string? label) => label == MethodLabels.Unknown ? null : label;

    private static bool Passes(Regex? pattern, string path, bool without) => pattern?.IsMatch(path) ?? without;

    // As gRPC's middleware for Go has it: what the caller did wrong is information, what may pass is a warning, what should not happen an error.
    private static LogLevel LevelOf(GrpcStatusCode code) => code switch
    {
        GrpcStatusCode.Unknown or GrpcStatusCode.Unimplemented or GrpcStatusCode.Internal or GrpcStatusCode.DataLoss => LogLevel.Error,
        GrpcStatusCode.DeadlineExceeded or GrpcStatusCode.PermissionDenied or GrpcStatusCode.ResourceExhausted or GrpcStatusCode.FailedPrecondition
            or GrpcStatusCode.Aborted or GrpcStatusCode.OutOfRange or GrpcStatusCode.Unavailable => LogLevel.Warning,
        _ => LogLevel.Information,
    };
}
