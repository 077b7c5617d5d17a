using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Praefect.Gateway.Metadata;
using Praefect.Gateway.Proxying;
using Praefect.Gateway.Services;
using Praefect.Gateway.Telemetry;
using Praefect.Wire.Backchannel;
using Praefect.Wire.Contract;
using Praefect.Wire.Grpc;
using Praefect.Wire.Protos;

namespace Praefect.Gateway.Pipeline;

/// <summary>Every request's way in: who may call, which method, which handler; and its way out: one status, one log line, one count.</summary>
internal sealed partial class GatewayPipeline(
    OwnServices services, Authentication authentication, ProxyDispatch dispatch, AccessLog accessLog, TimeProvider time, GatewayMetrics metrics,
    ILogger<GatewayPipeline> logger)
{
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
        var log = new CallLog { Labels = MethodLabels.Find(http.Request.Path.Value!), Traffic = CallTraffic.Install(http) };
        if (log.Labels is { } labels)
            metrics.Started(labels);
        try
        {
            await RouteAsync(http, log);
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

    private async Task RouteAsync(HttpContext http, CallLog log)
    {
        var path = http.Request.Path.Value!;
        if (http.Features.Get<INodeConnectionFeature>() is not null)
        {
            // A node called back over our own connection to it: it may vote, and nothing else.
            await (services.Backchannel.TryFind(path, out var vote) ? vote.InvokeAsync(http) : throw Unknown(path));
            return;
        }

        authentication.Check(http);
        if (services.Main.TryFind(path, out var own))
        {
            if (RpcRegistry.TryFind(path, out var described))
                metrics.MethodType(described.Operation);
            http.Features.Set(log);
            await own.InvokeAsync(http);
            return;
        }

        if (!RpcRegistry.TryFind(path, out var method))
            throw Unknown(path);
        using var deadline = RequestDeadline.Start(http, time);
        try
        {
            await dispatch.InvokeAsync(http, method, deadline, log);
        }
        catch (Exception) when (deadline.Expired)
        {
            // Whatever failed, it failed because time was up.
            throw new GrpcException(GrpcStatusCode.DeadlineExceeded, "context deadline exceeded");
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            throw new GrpcException(GrpcStatusCode.Cancelled, "context canceled");
        }
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
        accessLog.Write(http, log, code, code == GrpcStatusCode.OK ? null : log.Error ?? log.Call?.Response.Message, took);
    }

    private static GrpcStatusCode Code(HttpContext http, CallLog log)
    {
        if (log.Call?.Response.Status is { } given)
            return given;
        string? text = http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers[MetadataKeys.GrpcStatus];
        text ??= http.Response.Headers[MetadataKeys.GrpcStatus];
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (GrpcStatusCode)code : GrpcStatusCode.Unknown;
    }

    private static GrpcException Unknown(string path) => new(GrpcStatusCode.Unimplemented, $"unknown method \"{path}\"");

    [LoggerMessage(2, LogLevel.Error, "call failed unexpectedly: grpc_path={Path}")]
    private static partial void LogUnexpected(ILogger logger, string path, Exception e);
}

/// <summary>What the log line of a call needs to know at its end.</summary>
internal sealed class CallLog
{
    /// <summary>Null for a method that nobody knows.</summary>
    public MethodLabels? Labels { get; init; }

    public CallTraffic? Traffic { get; init; }

    /// <summary>Why the gateway ended it.</summary>
    public string? Error { get; set; }

    public ProxyCall? Call { get; set; }

    /// <summary>The repository of a call that the gateway answers itself.</summary>
    public Repository? Target { get; set; }

    /// <summary>Notes what a call that the gateway answers itself is about.</summary>
    public static void Note(GrpcServerCall call, Repository? target)
    {
        if (call.HttpContext.Features.Get<CallLog>() is { } log)
            log.Target = target;
    }
}
