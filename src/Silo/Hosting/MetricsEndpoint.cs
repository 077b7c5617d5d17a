using Microsoft.AspNetCore.Http;
using Praefect.Silo.Metrics;

namespace Praefect.Silo.Hosting;

/// <summary>Answers on <c>prometheus_listen_addr</c>: <c>/metrics</c>, <c>/db_metrics</c>, <c>/-/ready</c> and <c>/-/live</c>.</summary>
internal sealed class MetricsEndpoint(MetricsRegistry metrics, CatalogueMetrics catalogue, Readiness readiness)
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
                return TextAsync(context, StatusCodes.Status200OK, "alive");
            case "/-/ready":
                return ReadyAsync(context);
            default:
                return TextAsync(context, StatusCodes.Status404NotFound, "here are /metrics, /db_metrics, /-/ready and /-/live");
        }
    }

    private async Task ReadyAsync(HttpContext context)
    {
        var obstacle = await readiness.ObstacleAsync(context.RequestAborted);
        await (obstacle is null ? TextAsync(context, StatusCodes.Status200OK, "ready") : TextAsync(context, StatusCodes.Status503ServiceUnavailable, obstacle));
    }

    private async Task CountAsync(HttpContext context)
    {
        var text = await catalogue.WriteAsync(context.RequestAborted);
        context.Response.ContentType = MetricsRegistry.ContentType;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
