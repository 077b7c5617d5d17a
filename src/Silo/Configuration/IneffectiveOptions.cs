namespace Praefect.Silo.Configuration;

/// <summary>Settings that Praefect knows, that are accepted for the sake of existing files, and that change nothing here.</summary>
internal static class IneffectiveOptions
{
    private static readonly PraefectOptions Defaults = new();

    /// <summary>The keys that are away from their defaults, in the order of Praefect's documentation.</summary>
    public static IEnumerable<string> Find(PraefectOptions options) =>
        Queue(options).Concat(Sentry(options.Sentry)).Concat(Failover(options.Failover)).Concat(Database(options.Database)).Where(setting => setting.Set).Select(setting => setting.Key);

    private static IEnumerable<(string Key, bool Set)> Queue(PraefectOptions options)
    {
        var replication = options.Replication;
        yield return ("memory_queue_enabled", options.MemoryQueueEnabled);
        yield return ("replication.parallel_storage_processing_workers", replication.ParallelStorageProcessingWorkers != Defaults.Replication.ParallelStorageProcessingWorkers);
        yield return ("reconciliation.histogram_buckets", !options.Reconciliation.HistogramBuckets.SequenceEqual(Defaults.Reconciliation.HistogramBuckets));
    }

    private static IEnumerable<(string Key, bool Set)> Sentry(SentryOptions sentry)
    {
        yield return ("sentry", sentry.Dsn.Length > 0);
    }

    private static IEnumerable<(string Key, bool Set)> Failover(FailoverOptions failover)
    {
        var defaults = Defaults.Failover;
        yield return ("failover.enabled", failover.Enabled != defaults.Enabled);
        yield return ("failover.election_strategy", !string.Equals(failover.ElectionStrategy, defaults.ElectionStrategy, StringComparison.Ordinal));
        yield return ("failover.error_threshold_window", failover.ErrorThresholdWindow != defaults.ErrorThresholdWindow);
        yield return ("failover.write_error_threshold_count", failover.WriteErrorThresholdCount != defaults.WriteErrorThresholdCount);
        yield return ("failover.read_error_threshold_count", failover.ReadErrorThresholdCount != defaults.ReadErrorThresholdCount);
        yield return ("failover.bootstrap_interval", failover.BootstrapInterval != defaults.BootstrapInterval);
        yield return ("failover.monitor_interval", failover.MonitorInterval != defaults.MonitorInterval);
    }

    private static IEnumerable<(string Key, bool Set)> Database(DatabaseOptions? database)
    {
        yield return ("database.session_pooled", database?.SessionPooled is not null);
        yield return ("database.host_no_proxy", database?.HostNoProxy.Length > 0);
        yield return ("database.port_no_proxy", database?.PortNoProxy > 0);
    }
}
