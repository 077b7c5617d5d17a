using Praefect.Silo.Configuration;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Tests.Configuration;

public sealed class ConfigurationFileTests
{
    private const string Everything = """
        listen_addr = "0.0.0.0:2305"
        tls_listen_addr = ""
        socket_path = "/run/praefect.socket"
        prometheus_listen_addr = "localhost:9652"
        graceful_stop_timeout = "30s"
        memory_queue_enabled = true
        i_understand_my_election_strategy_is_unsupported_and_will_be_removed_without_warning = true

        [[virtual_storage]]
        name = "default"
        default_replication_factor = 2

          [[virtual_storage.node]]
          storage = "gitaly-1"
          address = "tcp://10.0.0.1:8075"
          token = "secret1"

          [[virtual_storage.node]]
          storage = "gitaly-2"
          address = "unix:/run/gitaly.socket"

        [auth]
        token = "clients"
        transitioning = true

        [tls]
        certificate_path = "/tls/cert.pem"
        key_path = "/tls/key.pem"
        min_version = "TLS 1.3"

        [database]
        host = "db"
        port = 6432
        user = "praefect"
        password = "pw"
        dbname = "praefect_production"
        sslmode = "verify-full"
        sslcert = "c"
        sslkey = "k"
        sslrootcert = "r"
        host_no_proxy = "db-direct"
        port_no_proxy = 5432

        [database.session_pooled]
        host = "db2"
        port = 5433

        [replication]
        batch_size = 5
        parallel_storage_processing_workers = 4

        [reconciliation]
        scheduling_interval = "0"
        histogram_buckets = [1, 2.5]

        [background_verification]
        verification_interval = "24h"
        delete_invalid_records = false

        [repositories_cleanup]
        check_interval = "10m"
        run_interval = "12h"
        repositories_in_batch = 32

        [failover]
        enabled = true
        election_strategy = "sql"
        error_threshold_window = "10s"
        write_error_threshold_count = 3
        read_error_threshold_count = 4
        bootstrap_interval = "2s"
        monitor_interval = "5s"

        [logging]
        dir = "/var/log"
        format = "json"
        level = "warn"

        [sentry]
        sentry_dsn = "https://x"
        sentry_environment = "prod"

        [prometheus]
        scrape_timeout = "5s"
        grpc_latency_buckets = [0.1, 1]

        [yamux]
        maximum_stream_window_size_bytes = 524288
        accept_backlog = 128

        [store]
        path = "/var/lib/praefect.db"

        [write_turns]
        enabled = false

        [git_http]
        listen_addr = "127.0.0.1:8080"
        token = "people"
        create_on_push = true

        [silo]
        cluster_id = "c"
        service_id = "s"
        advertised_address = "10.0.0.9"
        silo_port = 11111
        gateway_port = 30000
        silo_listen_port = 11112
        gateway_listen_port = 30001
        """;

    private const string Minimal = """
        listen_addr = ":2305"
        [store]
        path = "x.db"
        [[virtual_storage]]
        name = "default"
        [[virtual_storage.node]]
        storage = "n1"
        address = "tcp://127.0.0.1:1"
        """;

    [Fact]
    public void Every_key_reaches_its_option()
    {
        var options = ConfigurationFile.Load(Everything).Options;

        Assert.Equal("0.0.0.0:2305", options.ListenAddress);
        Assert.Equal("/run/praefect.socket", options.SocketPath);
        Assert.Equal("localhost:9652", options.PrometheusListenAddress);
        Assert.Equal(TimeSpan.FromSeconds(30), options.GracefulStopTimeout);
        Assert.True(options.MemoryQueueEnabled);
        Assert.True(options.LegacyElectorsAllowed);
        var storage = Assert.Single(options.VirtualStorages);
        Assert.Equal(("default", 2), (storage.Name, storage.DefaultReplicationFactor));
        Assert.Equal(
            [
                new VirtualStorageNodeOptions { Storage = "gitaly-1", Address = "tcp://10.0.0.1:8075", Token = "secret1" },
                new VirtualStorageNodeOptions { Storage = "gitaly-2", Address = "unix:/run/gitaly.socket" },
            ],
            storage.Nodes.AsEnumerable());
        Assert.Equal(new AuthOptions { Token = "clients", Transitioning = true }, options.Auth);
        Assert.Equal(new TlsOptions { CertificatePath = "/tls/cert.pem", KeyPath = "/tls/key.pem", MinVersion = "TLS 1.3" }, options.Tls);
        Assert.Equal(Database(), options.Database);
        Assert.Equal(new ReplicationOptions { BatchSize = 5, ParallelStorageProcessingWorkers = 4 }, options.Replication);
        Assert.Equal(TimeSpan.Zero, options.Reconciliation.SchedulingInterval);
        Assert.Equal([1.0, 2.5], options.Reconciliation.HistogramBuckets.AsEnumerable());
        Assert.Equal(
            new BackgroundVerificationOptions { VerificationInterval = TimeSpan.FromHours(24), DeleteInvalidRecords = false },
            options.BackgroundVerification);
        Assert.Equal(
            new RepositoriesCleanupOptions { CheckInterval = TimeSpan.FromMinutes(10), RunInterval = TimeSpan.FromHours(12), RepositoriesInBatch = 32 },
            options.RepositoriesCleanup);
        Assert.Equal(Failover(), options.Failover);
        Assert.Equal(new LoggingOptions { Directory = "/var/log", Format = "json", Level = "warn" }, options.Logging);
        Assert.Equal(new SentryOptions { Dsn = "https://x", Environment = "prod" }, options.Sentry);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Prometheus.ScrapeTimeout);
        Assert.Equal([0.1, 1.0], options.Prometheus.GrpcLatencyBuckets.AsEnumerable());
        Assert.Equal(new YamuxOptions { MaxStreamWindowBytes = 524_288, AcceptBacklog = 128 }, options.Yamux);
        Assert.Equal("/var/lib/praefect.db", options.Store.Path);
        Assert.Equal(new GitHttpOptions { ListenAddress = "127.0.0.1:8080", Token = "people", CreateOnPush = true }, options.GitHttp);
        Assert.Equal(
            new SiloOptions { ClusterId = "c", ServiceId = "s", AdvertisedAddress = "10.0.0.9", SiloPort = 11111, GatewayPort = 30000, SiloListenPort = 11112, GatewayListenPort = 30001 },
            options.Silo);
    }

    [Fact]
    public void Keys_are_read_in_any_case()
    {
        var shouted = ConfigurationFile.Load(System.Text.RegularExpressions.Regex.Replace(
            Everything, @"^\s*(\[+[a-z._]+\]+|[a-z_]+ =)", static key => key.Value.ToUpperInvariant(), System.Text.RegularExpressions.RegexOptions.Multiline | System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)));

        Assert.Equal(Json(ConfigurationFile.Load(Everything)), Json(shouted));
    }

    [Fact]
    public void A_secret_in_a_section_that_is_spelled_in_another_case_closes_the_port()
    {
        var loaded = ConfigurationFile.Load(Minimal + "\n[Auth]\nToken = \"secret\"");

        Assert.Equal("secret", loaded.Options.Auth.Token);
        Assert.Empty(loaded.Warnings);
    }

    [Theory]
    [InlineData("auth = 'secret'", "line 1, column 8: auth must be a table, but is a string")]
    [InlineData("Auth = ['secret']", "line 1, column 8: auth must be a table, but is an array")]
    [InlineData("AUTH.Token = 5", "line 1, column 14: auth.token must be a string, but is an integer")]
    [InlineData("tls = true", "line 1, column 7: tls must be a table, but is a boolean")]
    [InlineData("Tls.Certificate_Path = []", "line 1, column 24: tls.certificate_path must be a string, but is an array")]
    [InlineData("database = 'postgres://db'", "line 1, column 12: database must be a table, but is a string")]
    [InlineData("Database.Host = 1.5", "line 1, column 17: database.host must be a string, but is a float")]
    [InlineData("Database.Session_Pooled = 1979-05-27", "line 1, column 27: database.session_pooled must be a table, but is a date or time")]
    public void A_section_that_cannot_be_understood_stops_the_start(string line, string expected) => Assert.Equal(
        "error reading config file: " + expected,
        Assert.Single(Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(line + "\n" + Minimal)).Problems));

    private static string Json(LoadedConfiguration loaded) => System.Text.Json.JsonSerializer.Serialize(loaded);

    [Fact]
    public void What_is_not_set_has_praefects_defaults()
    {
        var loaded = ConfigurationFile.Load(Minimal);

        Assert.Empty(loaded.Warnings);
        var options = loaded.Options;
        Assert.Equal(TimeSpan.FromMinutes(1), options.GracefulStopTimeout);
        Assert.Null(options.Database);
        Assert.Equal(new ReplicationOptions { BatchSize = 10, ParallelStorageProcessingWorkers = 1 }, options.Replication);
        Assert.Equal(TimeSpan.FromMinutes(5), options.Reconciliation.SchedulingInterval);
        Assert.Equal(TimeSpan.FromHours(168), options.BackgroundVerification.VerificationInterval);
        Assert.Equal((30.0, 24.0, 16L), (options.RepositoriesCleanup.CheckInterval.TotalMinutes, options.RepositoriesCleanup.RunInterval.TotalHours, options.RepositoriesCleanup.RepositoriesInBatch));
        Assert.Equal("per_repository", options.Failover.ElectionStrategy);
        Assert.Equal((1.0, 3.0), (options.Failover.BootstrapInterval.TotalSeconds, options.Failover.MonitorInterval.TotalSeconds));
        Assert.Equal("info", options.Logging.Level);
        Assert.Equal([0.001, 0.005, 0.025, 0.1, 0.5, 1, 10, 30, 60, 300, 1500], options.Prometheus.GrpcLatencyBuckets.AsEnumerable());
        Assert.Equal((262_144u, 256L), (options.Yamux.MaxStreamWindowBytes, options.Yamux.AcceptBacklog));
        Assert.Equal("", options.GitHttp.ListenAddress);
    }

    [Fact]
    public void A_graceful_stop_timeout_of_zero_means_the_default() =>
        Assert.Equal(TimeSpan.FromMinutes(1), ConfigurationFile.Load("graceful_stop_timeout = \"0\"\n" + Minimal).Options.GracefulStopTimeout);

    [Fact]
    public void Nodes_of_one_virtual_storage_at_one_address_are_worth_a_warning_and_those_of_two_are_not()
    {
        const string Second = "\n[[virtual_storage.node]]\nstorage = 'n2'\naddress = 'tcp://127.0.0.1:1'";
        const string Elsewhere = "\n[[virtual_storage]]\nname = 'other'\n[[virtual_storage.node]]\nstorage = 'n1'\naddress = 'tcp://127.0.0.1:1'";
        Assert.StartsWith(
            "virtual storage \"default\": more than one backend node is hosted at same address (tcp://127.0.0.1:1)",
            Assert.Single(ConfigurationFile.Load(Minimal + Second).Warnings), StringComparison.Ordinal);
        Assert.Empty(ConfigurationFile.Load(Minimal + Elsewhere).Warnings);
    }

    [Fact]
    public void Keys_without_meaning_are_named_in_one_warning()
    {
        var warnings = ConfigurationFile.Load("colour = 1\n" + Minimal + "\ntyken = 1\n[auth]\ntokn = 'x'\n[zoo]\na = 1").Warnings;

        Assert.Equal("configuration keys that mean nothing here: colour, zoo, virtual_storage.node.tyken, auth.tokn", Assert.Single(warnings));
    }

    [Fact]
    public void Settings_without_an_effect_are_named_in_one_warning_when_they_are_not_as_they_were() => Assert.Equal(
        [
            "settings without an effect here: memory_queue_enabled, replication.parallel_storage_processing_workers, "
                + "reconciliation.histogram_buckets, sentry, failover.election_strategy, failover.error_threshold_window, "
                + "failover.write_error_threshold_count, failover.read_error_threshold_count, failover.bootstrap_interval, failover.monitor_interval, "
                + "database.session_pooled, database.host_no_proxy, database.port_no_proxy",
        ],
        ConfigurationFile.Load(Everything).Warnings.AsEnumerable());

    [Fact]
    public void Settings_without_an_effect_that_are_given_as_they_are_anyway_are_not_worth_a_warning() =>
        Assert.Empty(ConfigurationFile.Load(Minimal + "\n[replication]\nbatch_size = 10\n[failover]\nenabled = true\nelection_strategy = 'per_repository'\n[reconciliation]\nscheduling_interval = '5m'").Warnings);

    private static DatabaseOptions Database() => new()
    {
        Host = "db",
        Port = 6432,
        User = "praefect",
        Password = "pw",
        Database = "praefect_production",
        SslMode = "verify-full",
        SslCertificate = "c",
        SslKey = "k",
        SslRootCertificate = "r",
        HostNoProxy = "db-direct",
        PortNoProxy = 5432,
        SessionPooled = new DatabaseOptions { Host = "db2", Port = 5433 },
    };

    private static FailoverOptions Failover() => new()
    {
        ElectionStrategy = "sql",
        ErrorThresholdWindow = TimeSpan.FromSeconds(10),
        WriteErrorThresholdCount = 3,
        ReadErrorThresholdCount = 4,
        BootstrapInterval = TimeSpan.FromSeconds(2),
        MonitorInterval = TimeSpan.FromSeconds(5),
    };
}
