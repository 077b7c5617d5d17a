using System.Globalization;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Telemetry;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Pipeline;

/// <summary>Every request's way in, ahead of routing: who may call; and its way out: one status, one log line, one count.</summary>
internal sealed partial class GatewayPipeline(
    RequestDelegate next, Authentication authentication, AccessLog accessLog, TimeProvider time, GatewayMetrics metrics, ILogger<GatewayPipeline> logger)
{
    // What a node that calls back over the gateway's own connection to it may call: it may vote, and nothing else.
    private const string ServedToNodes = "/gitaly.RefTransaction/";

    public async Task InvokeAsync(HttpContext http)
    {
        if (!GrpcResponses.IsGrpcRequest(http))
        {
            authentication.BoundStranger(http);
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            await http.Response.WriteAsync("this port speaks gRPC only: POST over HTTP/2 with content type application/grpc\n", http.RequestAborted);
            return;
        }

        GrpcResponses.LiftHttpLimits(http);
        var started = time.GetTimestamp();
        var log = new CallLog
        {
            Labels = MethodLabels.Find(http.Request.Path.Value!),
            Traffic = CallTraffic.Install(http),
            FromNode = http.Features.Get<INodeConnectionFeature>() is not null,
        };
        http.Features.Set(log);
        if (log.Labels is { } labels)
            metrics.Started(labels);
        try
        {
            await PassAsync(http, log);
        }
        catch (GrpcException e)
        {
            log.Error = e.Status.Message;
            await EndAsync(http, log, e.Status);
        }
        catch (Exception e)
        {
            if (!http.RequestAborted.IsCancellationRequested)
                LogUnexpected(logger, http.Request.Path, e);
            log.Error = e.Message;
            await EndAsync(http, log, new GrpcStatus(GrpcStatusCode.Internal, e.Message));
        }
        finally
        {
            Account(http, log, time.GetElapsedTime(started));
        }
    }

    private async Task PassAsync(HttpContext http, CallLog log)
    {
        var path = http.Request.Path.Value!;
        if (!log.FromNode)
            authentication.Check(http);
        else if (!path.StartsWith(ServedToNodes, StringComparison.Ordinal))
            throw ProxyEndpoint.Unknown(path);
        await next(http);

        // What is proxied is counted where it is known that it will be.
        if (!log.FromNode && http.Features.Get<IServerCallContextFeature>() is not null && RpcRegistry.TryFind(path, out var answered))
            metrics.MethodType(answered.Operation);
    }

    private static async Task EndAsync(HttpContext http, CallLog log, GrpcStatus status)
    {
        if (http.RequestAborted.IsCancellationRequested)
            return;
        await (log.Call?.Response.EndAsync(status, insideMessage: false) ?? GrpcResponses.WriteStatusAsync(http, status));
    }

    private void Account(HttpContext http, CallLog log, TimeSpan took)
    {
        var code = http.RequestAborted.IsCancellationRequested && log.Call?.Response.Status is null ? GrpcStatusCode.Cancelled : Code(http, log);
        if (log.Labels is { } labels)
            metrics.Handled(labels, MethodLabels.Code(code), took, log.Traffic!, new CallerMetadata(http.Request.Headers));
        accessLog.Write(http, log, code, code == GrpcStatusCode.OK ? null : log.Error ?? log.Call?.Response.Message ?? Sent(http, MetadataKeys.GrpcMessage), took);
    }

    private static GrpcStatusCode Code(HttpContext http, CallLog log)
    {
        if (log.Call?.Response.Status is { } given)
            return given;
        return int.TryParse(Sent(http, MetadataKeys.GrpcStatus), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
    }

    private static string? Sent(HttpContext http, string name)
    {
        string? text = http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[name];
        text ??= http.Response.Headers[name];
        return text is null ? null : GrpcMessageText.Decode(text);
    }

    [LoggerMessage(2, LogLevel.Error, "call failed unexpectedly: grpc_path={Path}")]
    private static partial void LogUnexpected(ILogger logger, string path, Exception e);
}

/// <summary>What the log line of a call needs to know at its end.</summary>
internal sealed class CallLog
{
    /// <summary>Null for a method that nobody knows.</summary>
    public MethodLabels? Labels { get; init; }

    public CallTraffic? Traffic { get; init; }

    /// <summary>A storage node called back over the gateway's own connection to it.</summary>
    public bool FromNode { get; init; }

    /// <summary>Why the gateway ended it.</summary>
    public string? Error { get; set; }

    public ProxyCall? Call { get; set; }

    /// <summary>The repository of a call that the gateway answers itself.</summary>
    public Repository? Target { get; set; }

    /// <summary>The log of a request that is in the pipeline.</summary>
    public static CallLog Of(HttpContext http) => http.Features.GetRequiredFeature<CallLog>();

    /// <summary>Notes what a call that the gateway answers itself is about.</summary>
    public static void Note(ServerCallContext call, Repository? target) => Of(call.GetHttpContext()).Target = target;
}
