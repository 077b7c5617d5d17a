using System.Collections.Immutable;
using Praefect.Wire.Yamux;

namespace Praefect.Silo.Configuration;

/// <summary>Everything an operator can set. Keys are Praefect's, so that its configuration file works unchanged; the sections of our own are
/// <c>[store]</c>, <c>[git_http]</c>, <c>[write_turns]</c> and <c>[silo]</c>.</summary>
public sealed record PraefectOptions
{
    /// <summary><c>config_command</c>: executable whose standard output is JSON laid over the file; empty: none.</summary>
    public string ConfigCommand { get; init; } = "";

    /// <summary><c>listen_addr</c>: <c>host:port</c> for gRPC without TLS; empty: none.</summary>
    public string ListenAddress { get; init; } = "";

    /// <summary><c>tls_listen_addr</c>: <c>host:port</c> for gRPC with TLS; empty: none.</summary>
    public string TlsListenAddress { get; init; } = "";

    /// <summary><c>socket_path</c>: Unix socket for gRPC; empty: none.</summary>
    public string SocketPath { get; init; } = "";

    /// <summary><c>prometheus_listen_addr</c>: <c>host:port</c> for metrics and readiness; empty: none.</summary>
    public string PrometheusListenAddress { get; init; } = "";

    /// <summary><c>graceful_stop_timeout</c>: how long running calls may take to finish after SIGTERM; 1 minute, also when set to 0.</summary>
    public TimeSpan GracefulStopTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>memory_queue_enabled</c>: Praefect's development mode without a database. Accepted; there is always a store here.</summary>
    public bool MemoryQueueEnabled { get; init; }

    /// <summary><c>i_understand_my_election_strategy_is_unsupported_and_will_be_removed_without_warning</c>. Accepted; elections are per repository.</summary>
    public bool LegacyElectorsAllowed { get; init; }

    /// <summary><c>[[virtual_storage]]</c>.</summary>
    public ImmutableArray<VirtualStorageOptions> VirtualStorages { get; init; } = [];

    /// <summary><c>[auth]</c>.</summary>
    public AuthOptions Auth { get; init; } = new();

    /// <summary><c>[tls]</c>.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary><c>[database]</c>; null: not configured.</summary>
    public DatabaseOptions? Database { get; init; }

    /// <summary><c>[replication]</c>.</summary>
    public ReplicationOptions Replication { get; init; } = new();

    /// <summary><c>[reconciliation]</c>.</summary>
    public ReconciliationOptions Reconciliation { get; init; } = new();

    /// <summary><c>[background_verification]</c>.</summary>
    public BackgroundVerificationOptions BackgroundVerification { get; init; } = new();

    /// <summary><c>[repositories_cleanup]</c>.</summary>
    public RepositoriesCleanupOptions RepositoriesCleanup { get; init; } = new();

    /// <summary><c>[failover]</c>.</summary>
    public FailoverOptions Failover { get; init; } = new();

    /// <summary><c>[logging]</c>.</summary>
    public LoggingOptions Logging { get; init; } = new();

    /// <summary>From the environment: which calls are logged.</summary>
    public AccessLogOptions AccessLog { get; init; } = new();

    /// <summary><c>[sentry]</c>.</summary>
    public SentryOptions Sentry { get; init; } = new();

    /// <summary><c>[prometheus]</c>.</summary>
    public PrometheusOptions Prometheus { get; init; } = new();

    /// <summary><c>[yamux]</c>: for the connections to the nodes.</summary>
    public YamuxOptions Yamux { get; init; } = new();

    /// <summary><c>[store]</c>: ours.</summary>
    public StoreOptions Store { get; init; } = new();

    /// <summary><c>[git_http]</c>: ours.</summary>
    public GitHttpOptions GitHttp { get; init; } = new();

    /// <summary><c>[write_turns] enabled</c>: ours. Conflicting writes take turns.</summary>
    public bool WriteTurns { get; init; } = GrainDefaults.Options.WriteTurns;

    /// <summary><c>[silo]</c>: ours.</summary>
    public SiloOptions Silo { get; init; } = new();
}
