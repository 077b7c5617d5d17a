using System.Collections.Immutable;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Configuration;

/// <summary>Names every key and where it goes.</summary>
internal static class OptionsBinder
{
    private const int PortMax = 65_535;

    public static PraefectOptions Bind(SettingsSection root)
    {
        var defaults = new PraefectOptions();
        var stop = root.Duration("graceful_stop_timeout", defaults.GracefulStopTimeout);
        return new PraefectOptions
        {
            ConfigCommand = root.Text("config_command"),
            ListenAddress = root.Text("listen_addr"),
            TlsListenAddress = root.Text("tls_listen_addr"),
            SocketPath = root.Text("socket_path"),
            PrometheusListenAddress = root.Text("prometheus_listen_addr"),
            GracefulStopTimeout = stop == TimeSpan.Zero ? defaults.GracefulStopTimeout : stop,
            MemoryQueueEnabled = root.Flag("memory_queue_enabled", false),
            LegacyElectorsAllowed = root.Flag("i_understand_my_election_strategy_is_unsupported_and_will_be_removed_without_warning", false),
            VirtualStorages = [.. root.Sections("virtual_storage").Select(VirtualStorage)],
            Auth = Auth(root.Section("auth")),
            Tls = Tls(root.Section("tls")),
            Database = Database(root.Section("database"), pooled: true),
            Replication = Replication(root.Section("replication"), defaults.Replication),
            Reconciliation = Reconciliation(root.Section("reconciliation"), defaults.Reconciliation),
            BackgroundVerification = Verification(root.Section("background_verification"), defaults.BackgroundVerification),
            RepositoriesCleanup = Cleanup(root.Section("repositories_cleanup"), defaults.RepositoriesCleanup),
            Failover = Failover(root.Section("failover"), defaults.Failover),
            Logging = Logging(root.Section("logging"), defaults.Logging),
            Sentry = Sentry(root.Section("sentry")),
            Prometheus = Prometheus(root.Section("prometheus"), defaults.Prometheus),
            Yamux = Yamux(root.Section("yamux"), defaults.Yamux),
            Store = new StoreOptions { Path = root.Section("store").Text("path") },
            GitHttp = GitHttp(root.Section("git_http")),
            WriteTurns = root.Section("write_turns").Flag("enabled", defaults.WriteTurns),
            Silo = Silo(root.Section("silo"), defaults.Silo),
        };
    }

    private static VirtualStorageOptions VirtualStorage(SettingsSection section) => new()
    {
        Name = section.Text("name"),
        DefaultReplicationFactor = (int)section.Number("default_replication_factor", 0, int.MinValue, int.MaxValue),
        Nodes = section.Sections("node").Select(node => new VirtualStorageNodeOptions
        {
            Storage = node.Text("storage"),
            Address = node.Text("address"),
            Token = node.Text("token"),
        }).ToImmutableArray(),
    };

    private static AuthOptions Auth(SettingsSection section) => new()
    {
        Token = section.Text("token"),
        TokenFile = section.Text("token_file"),
        Transitioning = section.Flag("transitioning", false),
    };

    private static TlsOptions Tls(SettingsSection section)
    {
        // JSON made by a configuration command calls the certificate by another name than the file does.
        var json = section.Text("cert_path");
        return new TlsOptions
        {
            CertificatePath = json.Length > 0 ? json : section.Text("certificate_path"),
            KeyPath = section.Text("key_path"),
            Key = section.Text("key"),
            MinVersion = section.Text("min_version"),
        };
    }

    private static DatabaseOptions? Database(SettingsSection section, bool pooled)
    {
        var options = new DatabaseOptions
        {
            Host = section.Text("host"),
            Port = (int)section.Number("port", 0, 0, PortMax),
            User = section.Text("user"),
            Password = section.Text("password"),
            Database = section.Text("dbname"),
            SslMode = section.Text("sslmode"),
            SslCertificate = section.Text("sslcert"),
            SslKey = section.Text("sslkey"),
            SslRootCertificate = section.Text("sslrootcert"),
            HostNoProxy = section.Text("host_no_proxy"),
            PortNoProxy = (int)section.Number("port_no_proxy", 0, 0, PortMax),
            SessionPooled = pooled ? Database(section.Section("session_pooled"), pooled: false) : null,
        };
        return section.Present ? options : null;
    }

    private static ReplicationOptions Replication(SettingsSection section, ReplicationOptions defaults) => new()
    {
        BatchSize = section.Number("batch_size", defaults.BatchSize, 0, uint.MaxValue),
        ParallelStorageProcessingWorkers = section.Number("parallel_storage_processing_workers", defaults.ParallelStorageProcessingWorkers, 0, uint.MaxValue),
    };

    private static ReconciliationOptions Reconciliation(SettingsSection section, ReconciliationOptions defaults) => new()
    {
        SchedulingInterval = section.Duration("scheduling_interval", defaults.SchedulingInterval),
        HistogramBuckets = section.Numbers("histogram_buckets", defaults.HistogramBuckets),
    };

    private static BackgroundVerificationOptions Verification(SettingsSection section, BackgroundVerificationOptions defaults) => new()
    {
        VerificationInterval = section.Duration("verification_interval", defaults.VerificationInterval),
        DeleteInvalidRecords = section.Flag("delete_invalid_records", defaults.DeleteInvalidRecords),
    };

    private static RepositoriesCleanupOptions Cleanup(SettingsSection section, RepositoriesCleanupOptions defaults) => new()
    {
        CheckInterval = section.Duration("check_interval", defaults.CheckInterval),
        RunInterval = section.Duration("run_interval", defaults.RunInterval),
        RepositoriesInBatch = section.Number("repositories_in_batch", defaults.RepositoriesInBatch, 0, uint.MaxValue),
    };

    private static FailoverOptions Failover(SettingsSection section, FailoverOptions defaults)
    {
        var bootstrap = section.Duration("bootstrap_interval", TimeSpan.Zero);
        var monitor = section.Duration("monitor_interval", TimeSpan.Zero);
        return new FailoverOptions
        {
            Enabled = section.Flag("enabled", defaults.Enabled),
            ElectionStrategy = section.Text("election_strategy", defaults.ElectionStrategy),
            ErrorThresholdWindow = section.Duration("error_threshold_window", TimeSpan.Zero),
            WriteErrorThresholdCount = section.Number("write_error_threshold_count", 0, 0, uint.MaxValue),
            ReadErrorThresholdCount = section.Number("read_error_threshold_count", 0, 0, uint.MaxValue),
            BootstrapInterval = bootstrap == TimeSpan.Zero ? defaults.BootstrapInterval : bootstrap,
            MonitorInterval = monitor == TimeSpan.Zero ? defaults.MonitorInterval : monitor,
        };
    }

    private static LoggingOptions Logging(SettingsSection section, LoggingOptions defaults)
    {
        var level = section.Text("level", defaults.Level);
        return new LoggingOptions
        {
            Directory = section.Text("dir"),
            Format = section.Text("format"),
            Level = level.Length == 0 ? defaults.Level : level,
        };
    }

    private static SentryOptions Sentry(SettingsSection section) => new()
    {
        Dsn = section.Text("sentry_dsn"),
        Environment = section.Text("sentry_environment"),
    };

    private static PrometheusOptions Prometheus(SettingsSection section, PrometheusOptions defaults) => new()
    {
        ScrapeTimeout = section.Duration("scrape_timeout", defaults.ScrapeTimeout),
        GrpcLatencyBuckets = section.Numbers("grpc_latency_buckets", defaults.GrpcLatencyBuckets),
    };

    private static YamuxOptions Yamux(SettingsSection section, YamuxOptions defaults) => defaults with
    {
        // Praefect's window may be twice as large as ours.
        MaxStreamWindowBytes = (uint)Math.Min(section.Number("maximum_stream_window_size_bytes", defaults.MaxStreamWindowBytes, 0, uint.MaxValue), int.MaxValue),
        AcceptBacklog = (int)section.Number("accept_backlog", defaults.AcceptBacklog, 0, int.MaxValue),
    };

    private static GitHttpOptions GitHttp(SettingsSection section) => new()
    {
        ListenAddress = section.Text("listen_addr"),
        Token = section.Text("token"),
        CreateOnPush = section.Flag("create_on_push", false),
    };

    private static SiloOptions Silo(SettingsSection section, SiloOptions defaults) => new()
    {
        Role = section.Text("role", defaults.Role),
        ClusterId = section.Text("cluster_id", defaults.ClusterId),
        ServiceId = section.Text("service_id", defaults.ServiceId),
        AdvertisedAddress = section.Text("advertised_address"),
        SiloPort = (int)section.Number("silo_port", 0, 0, PortMax),
        GatewayPort = (int)section.Number("gateway_port", 0, 0, PortMax),
        SiloListenPort = (int)section.Number("silo_listen_port", 0, 0, PortMax),
        GatewayListenPort = (int)section.Number("gateway_listen_port", 0, 0, PortMax),
        ProbeTimeout = section.Duration("probe_timeout", defaults.ProbeTimeout),
        MissedProbes = (int)section.Number("missed_probes", defaults.MissedProbes, int.MinValue, int.MaxValue),
        DeathVotes = (int)section.Number("death_votes", defaults.DeathVotes, int.MinValue, int.MaxValue),
        AlivePeriod = section.Duration("alive_period", defaults.AlivePeriod),
        ConnectionAge = section.Duration("connection_age", defaults.ConnectionAge),
    };
}
