using Microsoft.Extensions.Logging;
using Praefect.Simulation.Engine;

namespace Praefect.Simulation.Machines;

/// <summary>What the grains log becomes part of the trace.</summary>
internal sealed class TraceLoggers(Host host) : ILoggerFactory, ILogger
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

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            host.World.Trace.Add(host.Name, exception is null ? formatter(state, null) : $"{formatter(state, null)} ({exception.GetType().Name}: {exception.Message})");
    }
}
