using Microsoft.Extensions.Logging;
using Praefect.Simulation.Checks;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>What the grains log becomes part of the trace; what they tell of turns goes to the checks.</summary>
internal sealed class TraceLoggers(Host host, TurnOrder turns) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        turns.Hear(eventId.Name, state as IReadOnlyList<KeyValuePair<string, object?>> ?? []);
        if (logLevel >= LogLevel.Information)
            host.World.Trace.Add(host.Name, exception is null ? formatter(state, null) : $"{formatter(state, null)} ({exception.GetType().Name}: {FirstLine(exception.Message)})");
    }

    // What follows in a message of Orleans is a stack with lines and paths of this build: two builds would not have the same trace.
    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
