using System.Collections.Immutable;
using System.Globalization;
using Praefect.Grains.Nodes;

namespace Praefect.Grains;

/// <summary>Finds every mistake in <see cref="GrainOptions"/> at once.</summary>
internal static class GrainOptionsRules
{
    private static readonly TimeSpan Ms10 = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static ImmutableArray<string> Check(GrainOptions options)
    {
        var errors = ImmutableArray.CreateBuilder<string>();
        CheckVirtualStorages(options.VirtualStorages, errors);
        CheckTimes(options, errors);
        CheckCount(nameof(options.MaxOpenWrites), options.MaxOpenWrites, errors);
        CheckCount(nameof(options.MaxWaitingWrites), options.MaxWaitingWrites, errors);
        CheckCount(nameof(options.RememberedResults), options.RememberedResults, errors);
        Check(nameof(options.CopiesPerTarget), options.CopiesPerTarget, GrainOptions.CopiesPerTargetRange, errors);
        CheckCount(nameof(options.VerificationBatch), options.VerificationBatch, errors, most: 1000);
        CheckCount(nameof(options.ReconciliationBatch), options.ReconciliationBatch, errors);
        Check(nameof(options.WalkBatch), options.WalkBatch, GrainOptions.WalkBatchRange, errors);
        return errors.ToImmutable();
    }

    private static void CheckVirtualStorages(ImmutableArray<VirtualStorageOptions> virtualStorages, ImmutableArray<string>.Builder errors)
    {
        if (virtualStorages.IsDefaultOrEmpty)
        {
            errors.Add("no virtual storage is configured: name at least one with its storages");
            return;
        }

        foreach (var twice in Repeated(virtualStorages.Select(v => v.Name)))
            errors.Add($"virtual storage \"{twice}\" is configured more than once: give each its own name");
        foreach (var virtualStorage in virtualStorages)
            CheckVirtualStorage(virtualStorage, errors);
    }

    private static void CheckVirtualStorage(VirtualStorageOptions options, ImmutableArray<string>.Builder errors)
    {
        if (string.IsNullOrEmpty(options.Name))
            errors.Add("a virtual storage has no name");
        if (options.Storages.IsDefaultOrEmpty)
        {
            errors.Add($"virtual storage \"{options.Name}\" has no storages: name at least one");
            return;
        }

        if (options.Storages.Any(string.IsNullOrEmpty))
            errors.Add($"virtual storage \"{options.Name}\" has a storage without a name");
        foreach (var twice in Repeated(options.Storages))
            errors.Add($"storage \"{twice}\" of virtual storage \"{options.Name}\" is configured more than once");
        if (options.DefaultReplicationFactor > options.Storages.Length)
        {
            errors.Add($"virtual storage \"{options.Name}\" has a default replication factor of {options.DefaultReplicationFactor.ToString(CultureInfo.InvariantCulture)} " +
                $"but only {options.Storages.Length.ToString(CultureInfo.InvariantCulture)} storages: lower the factor or add storages");
        }
    }

    private static void CheckTimes(GrainOptions o, ImmutableArray<string>.Builder errors)
    {
        CheckTime(nameof(o.ProbePeriod), o.ProbePeriod, TimeSpan.FromMilliseconds(50), Minute, errors);
        CheckTime(nameof(o.ProbeTimeout), o.ProbeTimeout, Ms10, Minute, errors);
        CheckTime(nameof(o.SubscriptionLifetime), o.SubscriptionLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), errors);
        CheckTime(nameof(o.DirectoryRefresh), o.DirectoryRefresh, TimeSpan.FromMilliseconds(50), 10 * Minute, errors);
        CheckTime(nameof(o.WriteLease), o.WriteLease, TimeSpan.FromMilliseconds(100), 5 * Minute, errors);
        CheckTime(nameof(o.TurnLease), o.TurnLease, TimeSpan.FromMilliseconds(100), Minute, errors);
        CheckTime(nameof(o.TurnHold), o.TurnHold, TimeSpan.FromMilliseconds(100), 10 * Minute, errors);
        CheckTime(nameof(o.TurnSlice), o.TurnSlice, Ms10, TimeSpan.FromSeconds(2), errors);
        CheckTime(nameof(o.SettlingWait), o.SettlingWait, Ms10, Minute, errors);
        CheckTime(nameof(o.SettlingTimeout), o.SettlingTimeout, Ms10, 10 * Minute, errors);
        CheckTime(nameof(o.SettlingConfirmation), o.SettlingConfirmation, Ms10, 10 * Minute, errors);
        CheckTime(nameof(o.UpkeepPeriod), o.UpkeepPeriod, Ms10, Minute, errors);
        CheckTime(nameof(o.RepairTimeout), o.RepairTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(7), errors);
        CheckTime(nameof(o.RepairBackoff), o.RepairBackoff, Ms10, TimeSpan.FromHours(1), errors);
        CheckTime(nameof(o.RepairMaxBackoff), o.RepairMaxBackoff, Ms10, TimeSpan.FromDays(1), errors);
        CheckTime(nameof(o.RepairPause), o.RepairPause, Ms10, Minute, errors);
        CheckTime(nameof(o.RepairReminder), o.RepairReminder, Minute, TimeSpan.FromDays(1), errors);
        CheckTime(nameof(o.SurplusGrace), o.SurplusGrace, TimeSpan.Zero, TimeSpan.FromHours(1), errors);
        CheckTime(nameof(o.VerificationPeriod), o.VerificationPeriod, Ms10, TimeSpan.FromHours(1), errors);
        CheckTime(nameof(o.VerificationLease), o.VerificationLease, TimeSpan.FromMilliseconds(100), 10 * Minute, errors);
        if (o.ReconciliationInterval != TimeSpan.Zero)
            Check(nameof(o.ReconciliationInterval), o.ReconciliationInterval, GrainOptions.ReconciliationIntervalRange, errors);
        if (o.WalkInterval != TimeSpan.Zero)
            Check(nameof(o.WalkInterval), o.WalkInterval, GrainOptions.WalkIntervalRange, errors);
        Check(nameof(o.WalkCheckInterval), o.WalkCheckInterval, GrainOptions.WalkCheckIntervalRange, errors);
        if (o.RepairMaxBackoff < o.RepairBackoff)
            errors.Add("RepairMaxBackoff is shorter than RepairBackoff");
    }

    private static void CheckTime(string name, TimeSpan value, TimeSpan least, TimeSpan most, ImmutableArray<string>.Builder errors) =>
        Check(name, value, new OptionRange<TimeSpan>(least, most), errors);

    private static void CheckCount(string name, int value, ImmutableArray<string>.Builder errors, int most = 100_000) =>
        Check(name, value, new OptionRange<int>(1, most), errors);

    private static void Check<T>(string name, T value, OptionRange<T> range, ImmutableArray<string>.Builder errors)
        where T : IComparable<T>
    {
        if (!range.Contains(value))
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be {range}"));
    }

    private static IEnumerable<string> Repeated(IEnumerable<string> names) =>
        names.GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key);
}
