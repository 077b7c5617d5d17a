using Praefect.Silo.Configuration;

namespace Praefect.Silo.Tests.Configuration;

public sealed class ConfigurationValidationTests
{
    private const string Good = """
        listen_addr = ":2305"
        #top
        [store]
        path = "x.db"
        [[virtual_storage]]
        name = "vs"
        #factor
        [[virtual_storage.node]]
        storage = "n1"
        address = "tcp://127.0.0.1:1"
        #node
        #end
        """;

    public static TheoryData<string, string, string> Faults => new()
    {
        { "#end", "[failover]\nelection_strategy = 'vote'", "invalid election strategy: \"vote\"" },
        { "listen_addr = \":2305\"", "", "no listen address or socket path configured" },
        { "#end", "[replication]\nbatch_size = 0", "replication batch size was 0 but must be >=1" },
        { "name = \"vs\"", "", "virtual storages must have a name" },
        { "#end", "[[virtual_storage]]\nname = 'empty'", "virtual storage \"empty\": no primary gitaly backends configured" },
        { "#end", "[[virtual_storage]]\nname = 'vs'\nnode = [{ storage = 'a', address = 'tcp://h:1' }]", "virtual storage \"vs\": virtual storages must have unique names" },
        { "storage = \"n1\"", "", "virtual storage \"vs\": all gitaly nodes must have a storage" },
        { "address = \"tcp://127.0.0.1:1\"", "", "virtual storage \"vs\": all gitaly nodes must have an address" },
        { "#node", "[[virtual_storage.node]]\nstorage = 'n1'\naddress = 'tcp://h:2'", "virtual storage \"vs\": internal gitaly storages are not unique" },
        {
            "#factor", "default_replication_factor = 2",
            "virtual storage \"vs\" has a default replication factor (2) which is higher than the number of storages (1)"
        },
        {
            "#end", "[repositories_cleanup]\ncheck_interval = '59s'",
            "repositories_cleanup.check_interval is less then 1m0s, which could lead to a database performance problem"
        },
        {
            "#end", "[repositories_cleanup]\nrun_interval = '1s'",
            "repositories_cleanup.run_interval is less then 1m0s, which could lead to a database performance problem"
        },
        { "#end", "[yamux]\nmaximum_stream_window_size_bytes = 1024", "yamux.maximum_stream_window_size_bytes must be at least 262144 but it was 1024" },
        { "#end", "[yamux]\naccept_backlog = 0", "yamux.accept_backlog must be at least 1 but it was 0" },
        { "#end", "[failover]\nwrite_error_threshold_count = 1\nread_error_threshold_count = 1", "threshold window not set" },
        { "#end", "[failover]\nerror_threshold_window = '1s'\nread_error_threshold_count = 1", "write error threshold not set" },
        { "#end", "[failover]\nerror_threshold_window = '1s'\nwrite_error_threshold_count = 1", "read error threshold not set" },
        { "#top", "prometheus_listen_addr = ':2305'", "same address can't be used for different schemas \":2305\"" },
        { "#top", "graceful_stop_timeout = '-1s'", "graceful_stop_timeout must not be negative" },
        { "listen_addr = \":2305\"", "listen_addr = \"2305\"", "listen_addr must be host:port, but is \"2305\"" },
        { "#end", "[git_http]\nlisten_addr = 'http://x/'", "git_http.listen_addr must be host:port, but is \"http://x/\"" },
        { "#top", "tls_listen_addr = ':2306'\n[tls]\nkey = 'k'", "tls_listen_addr needs tls.certificate_path" },
        { "#top", "tls_listen_addr = ':2306'\n[tls]\ncertificate_path = '/nowhere/c'\nkey = 'k'", "tls.certificate_path: doesn't exist: \"/nowhere/c\"" },
        { "#end", "[tls]\nkey_path = 'p'\nkey = 'k'", "tls: key_path and key cannot both be set" },
        { "#end", "[auth]\ntoken = 't'\ntoken_file = '/nowhere/t'", "auth: token and token_file cannot both be set" },
        { "#end", "[auth]\ntoken_file = '/nowhere/t'", "auth.token_file: doesn't exist: \"/nowhere/t\"" },
        { "#end", "[tls]\nmin_version = 'TLS 1.1'", "tls.min_version must be \"TLS 1.2\" or \"TLS 1.3\", but is \"TLS 1.1\"" },
        { "path = \"x.db\"", "", "no store configured: set database.host for Postgres, or store.path for a SQLite file" },
        { "#end", "[logging]\nformat = 'xml'", "logging.format must be text or json, but is \"xml\"" },
        { "#end", "[prometheus]\ngrpc_latency_buckets = [2, 1]", "prometheus.grpc_latency_buckets: bad order: expected ascending" },
        { "#end", "[reconciliation]\nhistogram_buckets = [1, 1]", "reconciliation.histogram_buckets: bad order: expected ascending" },
        { "#end", "[silo]\nadvertised_address = 'me'", "silo.advertised_address must be an IP address or auto, but is \"me\"" },
        { "#end", "[database]\nsslmode = 'maybe'", "database.sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full, but is \"maybe\"" },
    };

    public static TheoryData<string, string> WrongTypes => new()
    {
        { "[auth]\ntoken = 5", "line 13, column 9: auth.token must be a string, but is an integer" },
        { "[auth]\ntransitioning = 'yes'", "line 13, column 17: auth.transitioning must be a boolean, but is a string" },
        { "[database]\nport = '5432'", "line 13, column 8: database.port must be an integer, but is a string" },
        { "[database]\nport = 65536", "line 13, column 8: database.port must be from 0 to 65535, but is 65536" },
        { "[reconciliation]\nscheduling_interval = 5", "line 13, column 23: reconciliation.scheduling_interval must be a duration in quotes such as \"1m30s\", but is an integer" },
        { "[reconciliation]\nscheduling_interval = '5'", "line 13, column 23: reconciliation.scheduling_interval must be a duration such as \"1m30s\", but is \"5\"" },
        { "[reconciliation]\nhistogram_buckets = ['a']", "line 13, column 22: reconciliation.histogram_buckets must be an array of numbers, but is a string" },
        { "[[auth]]\n", "line 12, column 1: auth must be a table, but is an array" },
    };

    [Fact]
    public void The_base_of_these_cases_is_good() => Assert.Empty(ConfigurationFile.Load(Good).Warnings);

    [Theory]
    [MemberData(nameof(Faults))]
    public void Each_fault_is_told_in_praefects_words(string replaced, string by, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(Good.Replace(replaced, by, StringComparison.Ordinal)));

        Assert.Equal("validating config: " + expected, Assert.Single(error.Problems));
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void A_value_of_the_wrong_type_is_told_with_its_place(string added, string expected)
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(Good.Replace("#end", added, StringComparison.Ordinal)));

        Assert.Equal("error reading config file: " + expected, Assert.Single(error.Problems));
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load("[yamux]\naccept_backlog = 0\n[replication]\nbatch_size = 0"));

        Assert.Equal(
            """
            validating config: no listen address or socket path configured
            validating config: no virtual storages configured
            validating config: replication batch size was 0 but must be >=1
            validating config: yamux.accept_backlog must be at least 1 but it was 0
            validating config: no store configured: set database.host for Postgres, or store.path for a SQLite file
            """,
            error.Message);
    }

    [Fact]
    public void A_node_address_that_cannot_be_dialled_is_told_with_its_node()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load(Good.Replace("tcp://127.0.0.1:1", "tcp://x/y", StringComparison.Ordinal)));

        Assert.StartsWith("validating config: dial \"vs\"/\"n1\": ", Assert.Single(error.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_that_is_not_toml_is_told_with_its_place()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Load("listen_addr = :2305"));

        Assert.Equal("error reading config file: line 1, column 15: Unexpected token `:` for a value", Assert.Single(error.Problems));
    }
}
