using Microsoft.Extensions.Options;
using Praefect.Grains;
using GrainVirtualStorage = Praefect.Grains.Nodes.VirtualStorageOptions;

namespace Praefect.Silo.Configuration;

/// <summary>Gives the grains what the configuration file says. What Praefect takes and the grains cannot use is brought into their range.</summary>
internal sealed class GrainOptionsSetup(IOptions<PraefectOptions> file) : IConfigureOptions<GrainOptions>
{
    /// <summary>How old the view of the nodes' health may get in a process of a cluster when a silo dies with the grain that tells of it.</summary>
    private static readonly TimeSpan ClusterRefresh = TimeSpan.FromSeconds(2);

    public void Configure(GrainOptions options)
    {
        var configured = file.Value;
        // A file is locked for one process.
        options.OneProcess = configured.Database is null;
        // Among several processes notices can be lost with a silo, so all of them look more often.
        if (configured.Database is not null)
            options.DirectoryRefresh = ClusterRefresh;
        // What Praefect takes in hand for one storage at a time.
        options.CopiesPerTarget = GrainOptions.CopiesPerTargetRange.Nearest(configured.Replication.BatchSize);
        options.ReconciliationInterval = Interval(configured.Reconciliation.SchedulingInterval, GrainOptions.ReconciliationIntervalRange, TimeSpan.Zero);
        options.VerificationInterval = configured.BackgroundVerification.VerificationInterval;
        options.DeleteInvalidRecords = configured.BackgroundVerification.DeleteInvalidRecords;
        options.WalkInterval = Interval(configured.RepositoriesCleanup.RunInterval, GrainOptions.WalkIntervalRange, TimeSpan.Zero);
        options.WalkCheckInterval = Interval(configured.RepositoriesCleanup.CheckInterval, GrainOptions.WalkCheckIntervalRange, options.WalkCheckInterval);
        options.WalkBatch = GrainOptions.WalkBatchRange.Nearest(configured.RepositoriesCleanup.RepositoriesInBatch);
        options.WriteTurns = configured.WriteTurns;
        options.VirtualStorages =
        [
            .. configured.VirtualStorages.Select(static storage => new GrainVirtualStorage
            {
                Name = storage.Name,
                Storages = [.. storage.Nodes.Select(static node => node.Storage)],
                DefaultReplicationFactor = storage.DefaultReplicationFactor,
            }),
        ];
    }

    // Zero and less mean "off" in the file, or "as it is".
    private static TimeSpan Interval(TimeSpan configured, OptionRange<TimeSpan> range, TimeSpan none) =>
        configured <= TimeSpan.Zero ? none : range.Nearest(configured);
}
