using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace Praefect.Silo.Metrics;

/// <summary>The process as every Prometheus client library describes it, and which build it is.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private const string OpenFiles = "/proc/self/fd";
    private readonly Process _process = Process.GetCurrentProcess();
    private readonly Meter _meter;

    public ProcessMetrics(IMeterFactory factory)
    {
        _meter = factory.Create("Praefect.Process");
        _meter.CreateObservableCounter("process_cpu_seconds_total", () => Now().TotalProcessorTime.TotalSeconds, description: "CPU time, in seconds.");
        _meter.CreateObservableGauge("process_resident_memory_bytes", () => Now().WorkingSet64, description: "Memory in RAM.");
        _meter.CreateObservableGauge("process_virtual_memory_bytes", () => Now().VirtualMemorySize64, description: "Memory mapped.");
        var started = (double)new DateTimeOffset(_process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000;
        _meter.CreateObservableGauge("process_start_time_seconds", () => started, description: "When it was started, in seconds since 1970.");
        if (Directory.Exists(OpenFiles))
            _meter.CreateObservableGauge("process_open_fds", static () => Directory.EnumerateFileSystemEntries(OpenFiles).Count(), description: "Open file descriptors.");
        if (ProcessLimits.Read("Max open files") is { } files)
            _meter.CreateObservableGauge("process_max_fds", () => files, description: "Open file descriptors at most.");
        if (ProcessLimits.Read("Max address space") is { } memory)
            _meter.CreateObservableGauge("process_virtual_memory_max_bytes", () => memory, description: "Memory mapped at most.");
        var version = typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        _meter.CreateObservableGauge(
            "gitlab_build_info",
            () => new Measurement<int>(1, new("module_path", "praefect"), new("module_version", version), new("go_version", $"none, .NET {Environment.Version}")),
            description: "The build that runs.");
    }

    public void Dispose()
    {
        _meter.Dispose();
        _process.Dispose();
    }

    private Process Now()
    {
        _process.Refresh();
        return _process;
    }
}
