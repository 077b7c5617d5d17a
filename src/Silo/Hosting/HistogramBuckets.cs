using System.Collections.Immutable;
using Praefect.Silo.Configuration;

namespace Praefect.Silo.Hosting;

/// <summary>Buckets of the histograms that Praefect's dashboards know: configured ones for latencies, fixed ones for counts.</summary>
internal static class HistogramBuckets
{
    private static readonly string[] Latencies =
    [
        "grpc_server_handling_seconds",
        "grpc_client_handling_seconds",
        "gitaly_praefect_transactions_delay_seconds",
        "gitaly_praefect_replication_delay",
        "gitaly_praefect_replication_latency",
        "gitaly_praefect_node_latency",
    ];

    /// <summary>Buckets by instrument name.</summary>
    public static ImmutableDictionary<string, ImmutableArray<double>> Of(PraefectOptions options)
    {
        var voters = Math.Max(1, options.VirtualStorages.Max(storage => storage.Nodes.Length));
        return Latencies.ToImmutableDictionary(name => name, _ => options.Prometheus.GrpcLatencyBuckets, StringComparer.Ordinal)
            .Add("gitaly_praefect_voters_per_transaction_total", [.. Enumerable.Range(1, voters).Select(count => (double)count)])
            .Add("gitaly_praefect_subtransactions_per_transaction_total", [0, 1, 2, 4, 8, 16, 32])
            .Add("gitaly_praefect_reconciliation_scheduling_seconds", options.Reconciliation.HistogramBuckets);
    }
}
