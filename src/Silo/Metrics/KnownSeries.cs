using System.Collections.Immutable;
using Praefect.Gateway.Telemetry;

namespace Praefect.Silo.Metrics;

/// <summary>A series that is exposed from the start, at zero: a rate over a counter that is born with its first event misses that event.</summary>
/// <param name="Instrument">Name of the instrument.</param>
/// <param name="Labels">Its labels, in the order in which they are recorded.</param>
public sealed record KnownSeries(string Instrument, ImmutableArray<KeyValuePair<string, object?>> Labels)
{
    private static readonly string[] Changes = ["update", "create", "delete", "delete_replica"];

    /// <summary>What Praefect makes at its start.</summary>
    internal static ImmutableArray<KnownSeries> Praefects()
    {
        var series = ImmutableArray.CreateBuilder<KnownSeries>();
        foreach (var change in Changes)
        {
            Add("gitaly_praefect_replication_delay", ("type", change));
            Add("gitaly_praefect_replication_latency", ("type", change));
        }

        Add("gitaly_praefect_reconciliation_scheduling_seconds");
        Add("gitaly_praefect_stale_verification_leases_released_total");
        Add("gitaly_praefect_subtransactions_per_transaction_total");
        Add("gitaly_praefect_transactions_delay_seconds", ("action", "vote"));
        Add("gitaly_praefect_notifications_reconnects_total", ("state", "connected"));
        Add("gitaly_praefect_notifications_reconnects_total", ("state", "disconnected"));
        foreach (var (instrument, labels) in SeriesFromTheStart.All())
            Add(instrument, labels);
        return series.ToImmutable();

        void Add(string instrument, params ReadOnlySpan<(string Key, string Value)> labels)
        {
            var made = ImmutableArray.CreateBuilder<KeyValuePair<string, object?>>(labels.Length);
            foreach (var (key, value) in labels)
                made.Add(new(key, value));
            series.Add(new KnownSeries(instrument, made.ToImmutable()));
        }
    }
}
