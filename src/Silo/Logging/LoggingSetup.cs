using Microsoft.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Console;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Logging;

/// <summary>Sets logging up as <c>[logging]</c> says.</summary>
internal static class LoggingSetup
{
    public static void Configure(ILoggingBuilder logging, LoggingOptions options)
    {
        if (!LogLevels.TryParse(options.Level, out var level))
            level = LogLevel.Information;
        logging.ClearProviders();
        logging.SetMinimumLevel(level);

        // The frameworks' own information is for their developers; their warnings are for operators.
        var frameworks = level < LogLevel.Information ? level : (LogLevel)Math.Max((int)level, (int)LogLevel.Warning);
        logging.AddFilter("Microsoft", frameworks);
        logging.AddFilter("System", frameworks);
        logging.AddFilter("Orleans", frameworks);
        logging.AddFilter("Polly", frameworks);

        // What stops the start is told once, in words for operators.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        logging.Services.AddSingleton<FailedStart>();
        logging.AddConsole(console => console.FormatterName = options.Format is "json" ? JsonConsoleFormatter.FormatterName : TextConsoleFormatter.FormatterName);
        logging.AddConsoleFormatter<TextConsoleFormatter, ConsoleFormatterOptions>();
        logging.AddConsoleFormatter<JsonConsoleFormatter, ConsoleFormatterOptions>();
    }
}
