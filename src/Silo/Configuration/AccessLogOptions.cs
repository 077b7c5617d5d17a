using System.Text.RegularExpressions;

namespace Praefect.Silo.Configuration;

/// <summary>Which calls get a line in the log: two patterns of the environment, as Praefect takes them.</summary>
public sealed record AccessLogOptions
{
    /// <summary>Name of the variable with <see cref="AllowPattern"/>.</summary>
    public const string AllowVariable = "GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN";

    /// <summary>Name of the variable with <see cref="DenyPattern"/>.</summary>
    public const string DenyVariable = "GITALY_LOG_REQUEST_METHOD_DENY_PATTERN";

    /// <summary><c>GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN</c>; empty: all.</summary>
    public string AllowPattern { get; init; } = "";

    /// <summary><c>GITALY_LOG_REQUEST_METHOD_DENY_PATTERN</c>; null: as the gateway has it, which leaves out health checks; empty: none.</summary>
    public string? DenyPattern { get; init; }

    /// <summary>What the environment of this process says.</summary>
    public static AccessLogOptions OfProcess() => new()
    {
        AllowPattern = Environment.GetEnvironmentVariable(AllowVariable) ?? "",
        DenyPattern = Environment.GetEnvironmentVariable(DenyVariable),
    };

    /// <summary>A pattern that takes time in proportion to a path's length, whatever an operator writes; null: matches nothing because it is empty.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It asks for what cannot be done in such time.</exception>
    internal static Regex? Compile(string pattern) =>
        pattern.Length == 0 ? null : new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1));

    /// <summary>Why a pattern cannot be used; null: it can.</summary>
    internal static string? Problem(string pattern)
    {
        try
        {
            Compile(pattern);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
