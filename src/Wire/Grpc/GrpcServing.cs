using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Praefect.Wire.Grpc;

/// <summary>Puts Grpc.AspNetCore into a host whose port serves more than typed services: what they leave is somebody else's to answer.</summary>
public static class GrpcServing
{
    private const string CallHandlerLogs = "Grpc.AspNetCore.Server.ServerCallHandler";

    /// <summary>Registers Grpc.AspNetCore with this project's limits.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="maxMessageBytes">The largest request message accepted, inflated or not; larger ones get RESOURCE_EXHAUSTED.</param>
    public static IServiceCollection AddGrpcServing(this IServiceCollection services, int maxMessageBytes = GrpcCallOptions.DefaultMaxMessageBytes)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddGrpc(grpc =>
        {
            grpc.IgnoreUnknownServices = true;
            grpc.MaxReceiveMessageSize = maxMessageBytes;
            grpc.CompressionProviders = [new BoundedGzip(maxMessageBytes)];
        });

        // Each call's end is in the access log, and GrpcServerCalls tells of failures that nobody foresaw.
        services.Configure<LoggerFilterOptions>(static logs => logs.AddFilter(CallHandlerLogs, LogLevel.None));
        return services;
    }

    /// <summary>Ends the middleware chain: typed services first, then <paramref name="otherwise"/> for every method that none of them overrides.</summary>
    public static void UseGrpcServing(this IApplicationBuilder app, Action<IEndpointRouteBuilder> map, RequestDelegate otherwise)
    {
        app.UseRouting();
        app.UseMiddleware<GrpcServerCalls>();
        app.UseEndpoints(map);
        app.Run(otherwise);
    }

    /// <summary>The client's deadline; one that never comes where there is none.</summary>
    public static CallDeadline Deadline(this HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Features.Get<CallDeadline>() ?? throw new InvalidOperationException($"no deadline was started: {nameof(UseGrpcServing)} is not in the chain");
    }

    /// <summary>The first value of a request header; null: none. Unlike the context's own metadata it is what came, base64 included.</summary>
    [SuppressMessage("Performance", "CA1826", Justification = "StringValues of no header has no element to index.")]
    public static string? Header(this ServerCallContext call, string key) => call.GetHttpContext().Request.Headers[key].FirstOrDefault();
}
