using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Praefect.Gateway.Checks;
using Praefect.Silo.Metrics;

namespace Praefect.Silo.Hosting;

/// <summary>Answers on <c>prometheus_listen_addr</c>: <c>/metrics</c>, <c>/db_metrics</c>, <c>/-/ready</c> and <c>/-/live</c>.</summary>
internal sealed class MetricsEndpoint(MetricsRegistry metrics, CatalogueMetrics catalogue, HealthCheckService health)
{
    public Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/metrics":
                context.Response.ContentType = MetricsRegistry.ContentType;
                return context.Response.WriteAsync(metrics.Write(), context.RequestAborted);
            case "/db_metrics":
                return CountAsync(context);
            case "/-/live":
                return CheckAsync(context, HealthTags.Live, "alive");
            case "/-/ready":
                return CheckAsync(context, HealthTags.Ready, "ready");
            default:
                return TextAsync(context, StatusCodes.Status404NotFound, "here are /metrics, /db_metrics, /-/ready and /-/live");
        }
    }

    private async Task CountAsync(HttpContext context)
    {
        var text = await catalogue.WriteAsync(context.RequestAborted);
        context.Response.ContentType = MetricsRegistry.ContentType;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private async Task CheckAsync(HttpContext context, string tag, string healthy)
    {
        var report = await health.CheckHealthAsync(check => check.Tags.Contains(tag), context.RequestAborted);
        var problems = report.Entries.Values.Where(static entry => entry.Status != HealthStatus.Healthy).Select(static entry => entry.Description ?? "unhealthy").ToList();
        if (problems.Count == 0)
            await TextAsync(context, StatusCodes.Status200OK, healthy);
        else
            await TextAsync(context, StatusCodes.Status503ServiceUnavailable, string.Join("; ", problems));
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
