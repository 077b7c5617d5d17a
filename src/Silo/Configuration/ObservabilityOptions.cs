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

/// <summary>The process among others, <c>[silo]</c>. Only an Orleans build has others.</summary>
public sealed record SiloSettings
{
    /// <summary><c>cluster_id</c>: processes with the same id and database form one cluster.</summary>
    public string ClusterId { get; init; } = "praefect";

    /// <summary><c>service_id</c>: under which the records are kept; must never change for a database.</summary>
    public string ServiceId { get; init; } = "praefect";

    /// <summary><c>advertised_address</c>: IP address at which the other processes reach this one; empty: loopback.</summary>
    public string AdvertisedAddress { get; init; } = "";

    /// <summary><c>silo_port</c>: for the other processes; 0: any free port.</summary>
    public int SiloPort { get; init; }

    /// <summary><c>gateway_port</c>: for grain clients outside the cluster; 0: none.</summary>
    public int GatewayPort { get; init; }
}
