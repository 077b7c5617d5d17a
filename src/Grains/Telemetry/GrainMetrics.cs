using System.Diagnostics.Metrics;

namespace Praefect.Grains.Telemetry;

/// <summary>What repairs by the grains of this process are measured by, under Praefect's names.</summary>
public static class GrainMetrics
{
    private static readonly Meter Meter = new("Praefect.Grains");
    private static readonly Histogram<double> Delay = Meter.CreateHistogram<double>(
        "gitaly_praefect_replication_delay", description: "Time from a replica falling behind to the start of its repair.");

    /// <summary>All of them. Asking for them makes them known to whoever listens, ahead of their first use.</summary>
    public static IReadOnlyList<Instrument> Instruments => [Delay];

    /// <summary>The first copy to a replica starts, so long after it fell behind.</summary>
    public static void RepairStarted(TimeSpan delay) => Delay.Record(delay.TotalSeconds, new KeyValuePair<string, object?>("type", "update"));
}
