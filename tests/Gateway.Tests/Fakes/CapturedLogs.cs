using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Praefect.Gateway.Tests.Fakes;

/// <summary>One line of a log.</summary>
public sealed record LogLine(string Category, LogLevel Level, string Text, IReadOnlyDictionary<string, object?> Fields);

/// <summary>Keeps every line that is logged at level Information or above.</summary>
public sealed class CapturedLogs : ILoggerProvider
{
    public ConcurrentQueue<LogLine> Lines { get; } = [];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var fields = state as IEnumerable<KeyValuePair<string, object?>> ?? [];
            logs.Lines.Enqueue(new LogLine(category, logLevel, formatter(state, exception), fields.ToDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal)));
        }
    }
}
