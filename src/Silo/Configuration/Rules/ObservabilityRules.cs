using System.Globalization;

namespace Praefect.Silo.Configuration.Rules;

/// <summary>What logs and metrics must fulfil.</summary>
internal static class ObservabilityRules
{
    private static readonly string[] Formats = ["", "text", "json"];

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        faults.When(!Formats.Contains(options.Logging.Format, StringComparer.Ordinal), message: null, $"logging.format must be text or json, but is \"{options.Logging.Format}\"");
        faults.When(
            !LogLevels.TryParse(options.Logging.Level, out _), message: null, $"logging.level must be one of {LogLevels.Names}, but is \"{options.Logging.Level}\"");
        Pattern(AccessLogOptions.AllowVariable, options.AccessLog.AllowPattern, faults);
        Pattern(AccessLogOptions.DenyVariable, options.AccessLog.DenyPattern ?? "", faults);

        faults.AtLeast(options.Prometheus.ScrapeTimeout, TimeSpan.Zero, refusal: null, "prometheus", "scrape_timeout");
        var buckets = options.Prometheus.GrpcLatencyBuckets;
        faults.When(
            !Ascending(buckets), $"bad order: expected asc: [{string.Join(' ', buckets.Select(static limit => limit.ToString(CultureInfo.InvariantCulture)))}]",
            "prometheus.grpc_latency_buckets: bad order: expected ascending", "prometheus", "grpc_latency_buckets");
    }

    /// <summary>Whether each is larger than the one before: of two equal ones no histogram can be made, nor does Praefect start with them.</summary>
    public static bool Ascending(IReadOnlyList<double> buckets) => buckets.Zip(buckets.Skip(1)).All(static pair => pair.First < pair.Second);

    private static void Pattern(string variable, string pattern, ConfigurationFaults faults)
    {
        var problem = AccessLogOptions.Problem(pattern);
        faults.When(problem is not null, message: null, $"the pattern \"{pattern}\" of {variable} cannot be used: {problem}");
    }
}
