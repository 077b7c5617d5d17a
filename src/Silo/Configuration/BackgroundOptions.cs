using System.Collections.Immutable;

namespace Praefect.Silo.Configuration;

/// <summary>Repair of replicas, <c>[replication]</c>.</summary>
public sealed record ReplicationOptions
{
    /// <summary><c>batch_size</c>: how many copies to one storage a process makes at a time; 1 or more.</summary>
    public long BatchSize { get; init; } = GrainDefaults.Options.CopiesPerTarget;

    /// <summary><c>parallel_storage_processing_workers</c>: 1 or more.</summary>
    public long ParallelStorageProcessingWorkers { get; init; } = 1;
}

/// <summary>The search for replicas that are behind, <c>[reconciliation]</c>.</summary>
public sealed record ReconciliationOptions
{
    /// <summary><c>scheduling_interval</c>; 0: off.</summary>
    public TimeSpan SchedulingInterval { get; init; } = GrainDefaults.Options.ReconciliationInterval;

    /// <summary><c>histogram_buckets</c>, in seconds, ascending.</summary>
    public ImmutableArray<double> HistogramBuckets { get; init; } = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
}

/// <summary>The check that what the records say is on the disks, <c>[background_verification]</c>.</summary>
public sealed record BackgroundVerificationOptions
{
    /// <summary><c>verification_interval</c>; 0 or less: off.</summary>
    public TimeSpan VerificationInterval { get; init; } = GrainDefaults.Options.VerificationInterval;

    /// <summary><c>delete_invalid_records</c>.</summary>
    public bool DeleteInvalidRecords { get; init; } = GrainDefaults.Options.DeleteInvalidRecords;
}

/// <summary>The search for repositories on the disks that nobody knows, <c>[repositories_cleanup]</c>.</summary>
public sealed record RepositoriesCleanupOptions
{
    /// <summary><c>check_interval</c>: 1 minute or more.</summary>
    public TimeSpan CheckInterval { get; init; } = GrainDefaults.Options.WalkCheckInterval;

    /// <summary><c>run_interval</c>: 1 minute or more; 0: off.</summary>
    public TimeSpan RunInterval { get; init; } = GrainDefaults.Options.WalkInterval;

    /// <summary><c>repositories_in_batch</c>.</summary>
    public long RepositoriesInBatch { get; init; } = GrainDefaults.Options.WalkBatch;
}

/// <summary>Elections, <c>[failover]</c>. Accepted for the sake of existing files: elections are per repository, at the moment they are needed.</summary>
public sealed record FailoverOptions
{
    /// <summary><c>enabled</c>.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary><c>election_strategy</c>: <c>per_repository</c>, or the legacy <c>local</c> and <c>sql</c>.</summary>
    public string ElectionStrategy { get; init; } = "per_repository";

    /// <summary><c>error_threshold_window</c>: set together with both counts, or not at all.</summary>
    public TimeSpan ErrorThresholdWindow { get; init; }

    /// <summary><c>write_error_threshold_count</c>.</summary>
    public long WriteErrorThresholdCount { get; init; }

    /// <summary><c>read_error_threshold_count</c>.</summary>
    public long ReadErrorThresholdCount { get; init; }

    /// <summary><c>bootstrap_interval</c>: legacy; 1 s when 0.</summary>
    public TimeSpan BootstrapInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>monitor_interval</c>: legacy; 3 s when 0.</summary>
    public TimeSpan MonitorInterval { get; init; } = TimeSpan.FromSeconds(3);
}
