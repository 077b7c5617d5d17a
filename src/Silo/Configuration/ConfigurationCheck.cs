using System.Globalization;
using System.Numerics;

namespace Praefect.Silo.Configuration;

/// <summary>A mistake in a configuration.</summary>
/// <param name="Key">The way to the setting; empty for the file as a whole.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record ConfigurationFault(IReadOnlyList<string> Key, string Message);

/// <summary>What <c>praefect configuration validate</c> looks at, in Praefect's words and order. It is another list than that of the start.</summary>
internal static class ConfigurationCheck
{
    private const string NotSet = "not set";
    private const string Blank = "blank or empty";
    private static readonly string[] Strategies = ["local", "sql", "per_repository"];
    private static readonly TimeSpan CleanupMin = TimeSpan.FromMinutes(1);

    /// <summary>Every mistake.</summary>
    public static IEnumerable<ConfigurationFault> Find(PraefectOptions options)
    {
        var faults = new Faults();
        faults.When(options is { SocketPath: "", ListenAddress: "", TlsListenAddress: "" }, "none of \"socket_path\", \"listen_addr\" or \"tls_listen_addr\" is set");
        faults.AtLeast(options.BackgroundVerification.VerificationInterval, TimeSpan.Zero, "background_verification", "verification_interval");
        faults.AtLeast(options.Reconciliation.SchedulingInterval, TimeSpan.Zero, "reconciliation", "scheduling_interval");
        faults.When(!Ascending(options.Reconciliation.HistogramBuckets), "bad order", "reconciliation", "histogram_buckets");
        faults.AtLeast(options.Replication.BatchSize, 1, "replication", "batch_size");
        faults.AtLeast(options.Replication.ParallelStorageProcessingWorkers, 1, "replication", "parallel_storage_processing_workers");
        faults.AtLeast(options.Prometheus.ScrapeTimeout, TimeSpan.Zero, "prometheus", "scrape_timeout");
        var buckets = options.Prometheus.GrpcLatencyBuckets;
        faults.When(!Ascending(buckets), $"bad order: expected asc: [{string.Join(' ', buckets.Select(limit => limit.ToString(CultureInfo.InvariantCulture)))}]", "prometheus", "grpc_latency_buckets");
        Tls(faults, options.Tls);
        Auth(faults, options.Auth);
        Failover(faults, options.Failover);
        faults.AtLeast(options.GracefulStopTimeout, TimeSpan.Zero, "graceful_stop_timeout");
        Cleanup(faults, options.RepositoriesCleanup);
        faults.AtLeast(options.Yamux.MaximumStreamWindowBytes, YamuxSettings.WindowBytesMin, "yamux", "maximum_stream_window_size_bytes");
        faults.AtLeast(options.Yamux.AcceptBacklog, 1, "yamux", "accept_backlog");
        faults.When(options.VirtualStorages.Length == 0, NotSet, "virtual_storage");
        foreach (var (index, virtualStorage) in options.VirtualStorages.Index())
            VirtualStorage(faults, virtualStorage, Index(index));
        return faults.Found;
    }

    private static void Auth(Faults faults, AuthOptions auth)
    {
        if (auth.TokenFile.Length == 0)
            return;
        faults.When(auth.Token.Length > 0, "token and token_file cannot both be set", "auth", "token_file");
        var problem = TokenFile.Problem(auth.TokenFile);
        faults.When(problem is not null, problem ?? string.Empty, "auth", "token_file");
    }

    private static void Tls(Faults faults, TlsOptions tls)
    {
        faults.When(tls.MinVersion is not ("" or TlsOptions.Tls12 or TlsOptions.Tls13), $"not supported: \"{tls.MinVersion}\"", "tls", "min_version");
        if (tls is { CertificatePath: "", KeyPath: "", Key: "" })
            return;
        if (tls.Key.Length > 0 && tls.KeyPath.Length > 0)
        {
            faults.When(true, "key_path and key cannot both be set", "tls", "key_path", "key");
            return;
        }

        var (certificate, key) = (File.Exists(tls.CertificatePath), tls.Key.Length > 0 || File.Exists(tls.KeyPath));
        faults.When(!certificate, $"doesn't exist: \"{tls.CertificatePath}\"", "tls", "certificate_path");
        faults.When(!key, $"doesn't exist: \"{tls.KeyPath}\"", "tls", "key_path");
        if (certificate && key && CertificatePair.Problem(tls) is { } problem)
            faults.When(true, $"loading x509 keypair: {problem.Message}", "tls", problem.OfKey ? tls.Key.Length > 0 ? "key" : "key_path" : "certificate_path");
    }

    private static void Failover(Faults faults, FailoverOptions failover)
    {
        if (!failover.Enabled)
            return;
        const string Section = "failover";
        faults.When(!Strategies.Contains(failover.ElectionStrategy, StringComparer.Ordinal), $"not supported: \"{failover.ElectionStrategy}\"", Section, "election_strategy");
        faults.AtLeast(failover.BootstrapInterval, TimeSpan.Zero, Section, "bootstrap_interval");
        faults.AtLeast(failover.MonitorInterval, TimeSpan.Zero, Section, "monitor_interval");
        faults.AtLeast(failover.ErrorThresholdWindow, TimeSpan.Zero, Section, "error_threshold_window");
        if (failover is { ErrorThresholdWindow.Ticks: 0, WriteErrorThresholdCount: 0, ReadErrorThresholdCount: 0 })
            return;
        faults.When(failover.ErrorThresholdWindow == TimeSpan.Zero, NotSet, Section, "error_threshold_window");
        faults.When(failover.WriteErrorThresholdCount == 0, NotSet, Section, "write_error_threshold_count");
        faults.When(failover.ReadErrorThresholdCount == 0, NotSet, Section, "read_error_threshold_count");
    }

    private static void Cleanup(Faults faults, RepositoriesCleanupOptions cleanup)
    {
        if (cleanup.RunInterval == TimeSpan.Zero)
            return;
        faults.AtLeast(cleanup.CheckInterval, CleanupMin, "repositories_cleanup", "check_interval");
        faults.AtLeast(cleanup.RunInterval, CleanupMin, "repositories_cleanup", "run_interval");
        faults.AtLeast(cleanup.RepositoriesInBatch, 1, "repositories_cleanup", "repositories_in_batch");
    }

    private static void VirtualStorage(Faults faults, VirtualStorageSettings virtualStorage, string index)
    {
        const string Section = "virtual_storage";
        faults.When(string.IsNullOrWhiteSpace(virtualStorage.Name), Blank, Section, index, "name");
        faults.When(virtualStorage.Nodes.Length == 0, NotSet, Section, index, "node");
        foreach (var (place, node) in virtualStorage.Nodes.Index())
        {
            faults.When(string.IsNullOrWhiteSpace(node.Storage), Blank, Section, index, "node", Index(place), "storage");
            faults.When(string.IsNullOrWhiteSpace(node.Address), Blank, Section, index, "node", Index(place), "address");
        }
    }

    private static string Index(int index) => string.Create(CultureInfo.InvariantCulture, $"[{index}]");

    private static bool Ascending(IReadOnlyList<double> buckets) => buckets.Zip(buckets.Skip(1)).All(pair => pair.First <= pair.Second);

    private sealed class Faults
    {
        public List<ConfigurationFault> Found { get; } = [];

        public void When(bool wrong, string message, params string[] key)
        {
            if (wrong)
                Found.Add(new ConfigurationFault(key, message));
        }

        public void AtLeast<T>(T value, T min, params string[] key) where T : INumber<T> =>
            When(value < min, string.Create(CultureInfo.InvariantCulture, $"not in range: {value} is not greater than or equal to {min}"), key);

        public void AtLeast(TimeSpan value, TimeSpan min, params string[] key) =>
            When(value < min, $"not in range: {GoDuration.Format(value)} is not greater than or equal to {GoDuration.Format(min)}", key);
    }
}
