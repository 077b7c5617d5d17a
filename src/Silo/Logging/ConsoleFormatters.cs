using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Praefect.Silo.Logging;

/// <summary>Writes log entries to the console as <c>key=value</c> text.</summary>
internal sealed class TextConsoleFormatter(TimeProvider time, FailedStart failed) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "praefect-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (!failed.Told && !Noise.Is(logEntry.Category, logEntry.EventId))
            textWriter.WriteLine(LogLine.Text(LogLine.FieldsOf(logEntry, scopeProvider, time.GetUtcNow())));
    }
}

/// <summary>Writes log entries to the console as one JSON object a line.</summary>
internal sealed class JsonConsoleFormatter(TimeProvider time, FailedStart failed) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "praefect-json";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (!failed.Told && !Noise.Is(logEntry.Category, logEntry.EventId))
            textWriter.WriteLine(LogLine.Json(LogLine.FieldsOf(logEntry, scopeProvider, time.GetUtcNow())));
    }
}
