using System.Collections.Immutable;

namespace Praefect.Silo.Configuration;

/// <summary>Logs, <c>[logging]</c>; they go to standard output.</summary>
public sealed record LoggingOptions
{
    /// <summary><c>dir</c>: accepted; Praefect does not use it either.</summary>
    public string Directory { get; init; } = "";

    /// <summary><c>format</c>: <c>text</c> (also when empty) or <c>json</c>.</summary>
    public string Format { get; init; } = "";

    /// <summary><c>level</c>: <c>trace</c>, <c>debug</c>, <c>info</c>, <c>warn</c>, <c>error</c>, <c>fatal</c> or <c>panic</c>; empty: <c>info</c>.</summary>
    public string Level { get; init; } = "info";
}

/// <summary>Error reports, <c>[sentry]</c>. Accepted; none are sent.</summary>
public sealed record SentryOptions
{
    /// <summary><c>sentry_dsn</c>.</summary>
    public string Dsn { get; init; } = "";

    /// <summary><c>sentry_environment</c>.</summary>
    public string Environment { get; init; } = "";
}

/// <summary>Metrics, <c>[prometheus]</c>.</summary>
public sealed record PrometheusOptions
{
    /// <summary><c>scrape_timeout</c>: how long the queries behind <c>/db_metrics</c> may take.</summary>
    public TimeSpan ScrapeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>grpc_latency_buckets</c>, in seconds, ascending.</summary>
    public ImmutableArray<double> GrpcLatencyBuckets { get; init; } = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 10, 30, 60, 300, 1500];
}
