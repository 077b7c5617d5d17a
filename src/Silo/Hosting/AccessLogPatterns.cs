using System.Text.RegularExpressions;
using Praefect.Gateway;

namespace Praefect.Silo.Hosting;

/// <summary>Which calls get a line in the log: two patterns of the environment, as Praefect takes them.</summary>
internal static class AccessLogPatterns
{
    /// <summary><c>GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN</c>; null: all.</summary>
    public static Regex? Allow => Of(Environment.GetEnvironmentVariable("GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN"));

    /// <summary><c>GITALY_LOG_REQUEST_METHOD_DENY_PATTERN</c>; unset: health checks; empty: none.</summary>
    public static Regex? Deny => Environment.GetEnvironmentVariable("GITALY_LOG_REQUEST_METHOD_DENY_PATTERN") is { } pattern ? Of(pattern) : GatewayOptions.HealthChecks();

    private static Regex? Of(string? pattern)
    {
        try
        {
            // Linear in the length of a path, whatever an operator writes.
            return string.IsNullOrEmpty(pattern) ? null : new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new StartException($"the pattern \"{pattern}\" of GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN or _DENY_PATTERN cannot be used: {e.Message}", e);
        }
    }
}
