using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Praefect.Wire.Grpc;

/// <summary>Answers on the level of HTTP/2.</summary>
public static class GrpcResponses
{
    /// <summary>Whether a request is a gRPC call: POST over HTTP/2 with gRPC's content type.</summary>
    public static bool IsGrpcRequest(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return HttpMethods.IsPost(context.Request.Method)
            && HttpProtocol.IsHttp2(context.Request.Protocol)
            && GrpcHeaders.IsGrpcContentType(context.Request.ContentType);
    }

    /// <summary>Ends a call: trailers-only if nothing has been sent yet, else trailers.</summary>
    public static Task WriteStatusAsync(HttpContext context, GrpcStatus status) => WriteStatusAsync(context, status, null);

    /// <summary>Ends a call, with custom trailers.</summary>
    public static Task WriteStatusAsync(HttpContext context, GrpcStatus status, GrpcMetadata? trailers)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(status);
        SetStatus(context, status, trailers, context.Response.HasStarted);
        return context.Response.CompleteAsync();
    }

    /// <summary>Lets a call take as long and send as much as gRPC allows: no body size limit, no minimum rate.</summary>
    public static void LiftHttpLimits(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    internal static void SetStatus(HttpContext context, GrpcStatus status, GrpcMetadata? trailers, bool bodyStarted)
    {
        IHeaderDictionary target;
        if (bodyStarted)
        {
            target = context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
                ?? throw new InvalidOperationException("the connection carries no trailers: gRPC needs HTTP/2");
        }
        else
        {
            context.Response.ContentType = GrpcHeaders.ContentType;
            target = context.Response.Headers;
        }

        foreach (var (key, value) in trailers ?? [])
        {
            if (!GrpcHeaders.IsReserved(key))
            {
                target.Append(key, value);
            }
        }

        target[GrpcHeaders.Status] = status.Code == GrpcStatusCode.OK ? "0" : ((int)status.Code).ToString(CultureInfo.InvariantCulture);
        if (status.Message.Length > 0)
        {
            target[GrpcHeaders.Message] = GrpcMessageText.Encode(status.Message);
        }
        else
        {
            target.Remove(GrpcHeaders.Message);
        }

        if (!status.Details.IsEmpty)
        {
            target[GrpcHeaders.StatusDetails] = GrpcBase64.Encode(status.Details.Span);
        }
    }
}
