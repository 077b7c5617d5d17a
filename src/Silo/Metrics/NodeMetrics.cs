using System.Diagnostics.Metrics;
using Praefect.Grains.Nodes;

namespace Praefect.Silo.Metrics;

/// <summary>What this process does to storage nodes on the grains' behalf: probes, copies, deletions. The names are Praefect's.</summary>
internal static class NodeMetrics
{
    private static readonly Meter Meter = new("Praefect.Silo.Nodes");
    private static readonly Histogram<double> Latency = Meter.CreateHistogram<double>("gitaly_praefect_node_latency", description: "Time of a health check.");
    private static readonly Gauge<int> Up = Meter.CreateGauge<int>("gitaly_praefect_node_last_healthcheck_up", description: "1: the last health check of this process succeeded.");
    private static readonly Histogram<double> Copies = Meter.CreateHistogram<double>("gitaly_praefect_replication_latency", description: "Time of a copy to, or a deletion on, a storage.");
    private static readonly UpDownCounter<int> Jobs = Meter.CreateUpDownCounter<int>("gitaly_praefect_replication_jobs", description: "Copies and deletions under way.");

    // Of what there is none here, so that alerts and panels on it find a series; see the documentation.
    private static readonly Histogram<double> Reconciliation = Meter.CreateHistogram<double>("gitaly_praefect_reconciliation_scheduling_seconds", description: "Always empty: searches for missing copies are not timed.");
    private static readonly Counter<long> Notifications = Meter.CreateCounter<long>("gitaly_praefect_notifications_reconnects_total", description: "Always 0: nothing listens for notifications of the database.");

    private static readonly Counter<long> Leases = Meter.CreateCounter<long>("gitaly_praefect_stale_verification_leases_released_total", description: "Always 0: a lease that is not used ends by itself.");

    /// <summary>All of them. Asking for them makes them known to whoever listens, ahead of their first use.</summary>
    public static IReadOnlyList<Instrument> Instruments => [Latency, Up, Copies, Jobs, Reconciliation, Notifications, Leases];

    /// <summary>A health check starts; it ends when it is disposed.</summary>
    public static ProbeTimer Probe(string storage, TimeProvider time) => new(storage, time);

    /// <summary>Work on a storage starts; it ends when it is disposed.</summary>
    public static JobTimer Job(NodeKey node, string change, TimeProvider time)
    {
        Count(node, change, 1);
        return new JobTimer(node, change, time);
    }

    private static void Count(NodeKey node, string change, int by) =>
        Jobs.Add(by, new("virtual_storage", node.VirtualStorage), new("gitaly_storage", node.Storage), new("change_type", change));

    /// <summary>A health check under way.</summary>
    internal sealed class ProbeTimer(string storage, TimeProvider time) : IDisposable
    {
        private readonly long _started = time.GetTimestamp();

        /// <summary>What it found.</summary>
        public bool Healthy { get; set; }

        public void Dispose()
        {
            var label = new KeyValuePair<string, object?>("gitaly_storage", storage);
            Latency.Record(time.GetElapsedTime(_started).TotalSeconds, label);
            Up.Record(Healthy ? 1 : 0, label);
        }
    }

    /// <summary>Work on a storage under way.</summary>
    internal sealed class JobTimer(NodeKey node, string change, TimeProvider time) : IDisposable
    {
        private readonly long _started = time.GetTimestamp();

        public void Dispose()
        {
            Count(node, change, -1);
            Copies.Record(time.GetElapsedTime(_started).TotalSeconds, new KeyValuePair<string, object?>("type", change));
        }
    }
}
