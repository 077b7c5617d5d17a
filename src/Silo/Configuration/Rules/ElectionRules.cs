namespace Praefect.Silo.Configuration.Rules;

/// <summary>What <c>[failover]</c> must fulfil.</summary>
internal static class ElectionRules
{
    private const string Section = "failover";
    private const string NotSet = "not set";
    private static readonly string[] Strategies = ["local", "sql", "per_repository"];

    public static void Find(PraefectOptions options, ConfigurationFaults faults)
    {
        // The command does not look at what is switched off; a start does.
        var failover = options.Failover;
        var strategy = failover.ElectionStrategy;
        faults.When(
            !Strategies.Contains(strategy, StringComparer.Ordinal), failover.Enabled ? $"not supported: \"{strategy}\"" : null, $"invalid election strategy: \"{strategy}\"",
            Section, "election_strategy");
        if (failover.Enabled)
        {
            faults.AtLeast(failover.BootstrapInterval, TimeSpan.Zero, refusal: null, Section, "bootstrap_interval");
            faults.AtLeast(failover.MonitorInterval, TimeSpan.Zero, refusal: null, Section, "monitor_interval");
            faults.AtLeast(failover.ErrorThresholdWindow, TimeSpan.Zero, refusal: null, Section, "error_threshold_window");
        }

        if (failover is { ErrorThresholdWindow.Ticks: 0, WriteErrorThresholdCount: 0, ReadErrorThresholdCount: 0 })
            return;
        var notSet = failover.Enabled ? NotSet : null;
        faults.When(failover.ErrorThresholdWindow == TimeSpan.Zero, notSet, "threshold window not set", Section, "error_threshold_window");
        faults.When(failover.WriteErrorThresholdCount == 0, notSet, "write error threshold not set", Section, "write_error_threshold_count");
        faults.When(failover.ReadErrorThresholdCount == 0, notSet, "read error threshold not set", Section, "read_error_threshold_count");
    }
}
