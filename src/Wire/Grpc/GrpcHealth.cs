using Grpc.AspNetCore.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Praefect.Wire.Grpc;

/// <summary>The standard health service over ASP.NET Core's health checks: the empty name stands for the whole server.</summary>
public static class GrpcHealth
{
    /// <summary>Tag of the checks that say whether the process is alive and takes calls.</summary>
    public const string ServingTag = "serving";

    private const string CheckLogs = "Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService";

    /// <summary>Registers the service: it serves while every check tagged <see cref="ServingTag"/> passes, one of which is that the server is not stopping.</summary>
    public static IServiceCollection AddGrpcHealth(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(static options => options.Services.Map(string.Empty, static (HealthCheckMapContext check) => check.Tags.Contains(ServingTag, StringComparer.Ordinal)))
            .AddCheck<ServingCheck>("serving", tags: [ServingTag]);

        // A check's result is its answer; a probe while the server stops is no error.
        services.Configure<LoggerFilterOptions>(static logs => logs.AddFilter(CheckLogs, LogLevel.None));
        return services;
    }

    private sealed class ServingCheck(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("stopping") : HealthCheckResult.Healthy());
    }
}
