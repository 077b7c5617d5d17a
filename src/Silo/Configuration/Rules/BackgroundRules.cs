namespace Praefect.Silo.Configuration.Rules;

/// <summary>What the sections on work in the background must fulfil.</summary>
internal static class BackgroundRules
{
    private static readonly TimeSpan CleanupMin = TimeSpan.FromMinutes(1);

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        // Less than nothing means "off" to a start, there and here.
        faults.AtLeast(options.BackgroundVerification.VerificationInterval, TimeSpan.Zero, refusal: null, "background_verification", "verification_interval");
        faults.AtLeast(options.Reconciliation.SchedulingInterval, TimeSpan.Zero, refusal: null, "reconciliation", "scheduling_interval");
        faults.When(
            !ObservabilityRules.Ascending(options.Reconciliation.HistogramBuckets), "bad order", "reconciliation.histogram_buckets: bad order: expected ascending",
            "reconciliation", "histogram_buckets");
        faults.AtLeast(options.Replication.BatchSize, 1, "replication batch size was 0 but must be >=1", "replication", "batch_size");
        faults.AtLeast(options.Replication.ParallelStorageProcessingWorkers, 1, refusal: null, "replication", "parallel_storage_processing_workers");
    }

    public static void FindInCleanup(PraefectOptions options, ConfigurationFaults faults)
    {
        var cleanup = options.RepositoriesCleanup;
        if (cleanup.RunInterval == TimeSpan.Zero)
            return;
        const string Section = "repositories_cleanup";
        const string Problem = "is less then 1m0s, which could lead to a database performance problem";
        var off = cleanup.RunInterval < TimeSpan.Zero;
        faults.AtLeast(cleanup.CheckInterval, CleanupMin, off ? null : $"{Section}.check_interval {Problem}", Section, "check_interval");
        faults.AtLeast(cleanup.RunInterval, CleanupMin, off ? null : $"{Section}.run_interval {Problem}", Section, "run_interval");
        faults.AtLeast(cleanup.RepositoriesInBatch, 1, refusal: null, Section, "repositories_in_batch");
    }
}
