using Microsoft.Extensions.Logging;

namespace Praefect.Silo.Configuration;

/// <summary>Levels by the names that Praefect's configuration knows.</summary>
public static class LogLevels
{
    private static readonly Dictionary<string, LogLevel> ByName = new(StringComparer.OrdinalIgnoreCase)
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warn"] = LogLevel.Warning,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
        ["fatal"] = LogLevel.Critical,
        ["panic"] = LogLevel.Critical,
    };

    /// <summary>The names, for error messages.</summary>
    public static string Names => string.Join(", ", ByName.Keys);

    /// <summary>The level of a name.</summary>
    public static bool TryParse(string name, out LogLevel level) => ByName.TryGetValue(name, out level);

    /// <summary>The name that log lines carry.</summary>
    public static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
