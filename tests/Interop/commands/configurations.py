"""Configuration files, good and bad: what the start, and what configuration validate, say of each. (name, what is changed in GOOD)"""
GOOD = '''listen_addr = "127.0.0.1:1"
[[virtual_storage]]
name = "default"
[[virtual_storage.node]]
storage = "gitaly-1"
address = "tcp://127.0.0.1:2"
[[virtual_storage.node]]
storage = "gitaly-2"
address = "tcp://127.0.0.1:3"
[database]
host = "127.0.0.1"
'''

EVERY_KEY = '''config_command = ""
listen_addr = "127.0.0.1:1"
tls_listen_addr = "127.0.0.1:2"
socket_path = "/run/praefect.socket"
prometheus_listen_addr = "127.0.0.1:3"
graceful_stop_timeout = "30s"
memory_queue_enabled = false
i_understand_my_election_strategy_is_unsupported_and_will_be_removed_without_warning = false
[auth]
token = "secret"
transitioning = true
[tls]
certificate_path = "/etc/hostname"
key_path = "/etc/hostname"
key = ""
[database]
host = "127.0.0.1"
port = 5432
user = "praefect"
password = "password"
dbname = "praefect"
sslmode = "disable"
sslcert = ""
sslkey = ""
sslrootcert = ""
host_no_proxy = "127.0.0.1"
port_no_proxy = 5432
[database.session_pooled]
host = "127.0.0.1"
port = 5432
user = "praefect"
password = "password"
dbname = "praefect"
sslmode = "disable"
sslcert = ""
sslkey = ""
sslrootcert = ""
[replication]
batch_size = 20
parallel_storage_processing_workers = 2
[reconciliation]
scheduling_interval = "10m"
histogram_buckets = [0.1, 1.0, 10.0]
[background_verification]
verification_interval = "24h"
delete_invalid_records = false
[repositories_cleanup]
check_interval = "1h"
run_interval = "12h"
repositories_in_batch = 32
[failover]
enabled = true
election_strategy = "per_repository"
error_threshold_window = "20s"
write_error_threshold_count = 1500
read_error_threshold_count = 100
bootstrap_interval = "1s"
monitor_interval = "3s"
[logging]
dir = ""
format = "json"
level = "warn"
[sentry]
sentry_dsn = ""
sentry_environment = "test"
[prometheus]
scrape_timeout = "5s"
grpc_latency_buckets = [0.1, 1.0, 10.0]
[yamux]
maximum_stream_window_size_bytes = 524288
accept_backlog = 128
[[virtual_storage]]
name = "default"
default_replication_factor = 2
[[virtual_storage.node]]
storage = "gitaly-1"
address = "tcp://127.0.0.1:4"
token = "secret"
[[virtual_storage.node]]
storage = "gitaly-2"
address = "tls://127.0.0.1:5"
token = "secret"
[[virtual_storage.node]]
storage = "gitaly-3"
address = "unix:/run/gitaly.socket"
'''


DATABASE = '\n[database]\nhost = "127.0.0.1"\n'


def cases():
    yield "good", GOOD
    yield "every key", EVERY_KEY
    yield "empty", ""
    yield "nothing but a database", DATABASE
    yield "no TOML", "listen_addr = \n"
    yield "a value of another type", GOOD.replace('"127.0.0.1:1"', "7")
    yield "a duration that is none", 'graceful_stop_timeout = "x"\n' + GOOD
    yield "a key twice", 'listen_addr = "a"\n' + GOOD
    yield "an unknown key", "nonsense = 1\n" + GOOD
    yield "no address", GOOD.split("\n", 1)[1]
    yield "no virtual storage", GOOD.split("\n")[0] + DATABASE
    yield "virtual storage without a name", GOOD.replace('"default"', '""')
    yield "virtual storage with a blank name", GOOD.replace('"default"', '" "')
    yield "virtual storage without nodes", "\n".join(GOOD.split("\n")[:3]) + DATABASE
    yield "virtual storage twice", GOOD + GOOD.split("\n", 1)[1].replace(DATABASE, "\n")
    yield "node without a storage", GOOD.replace('"gitaly-2"', '""')
    yield "node without an address", GOOD.replace('"tcp://127.0.0.1:3"', '""')
    yield "storage twice", GOOD.replace("gitaly-2", "gitaly-1")
    yield "address twice", GOOD.replace("127.0.0.1:3", "127.0.0.1:2")
    yield "factor above the number of nodes", GOOD.replace('"default"\n', '"default"\ndefault_replication_factor = 3\n')
    yield "negative factor", GOOD.replace('"default"\n', '"default"\ndefault_replication_factor = -1\n')
    yield "negative stop timeout", 'graceful_stop_timeout = "-1s"\n' + GOOD
    yield "many mistakes", 'graceful_stop_timeout = "-1s"\n[replication]\nbatch_size = 0\n[yamux]\naccept_backlog = 0\n[[virtual_storage]]\n[[virtual_storage]]\nname = "a"\n[[virtual_storage.node]]\n'
    for section, lines in (
            ("replication", ("batch_size = 0", "batch_size = -1", "parallel_storage_processing_workers = 0")),
            ("reconciliation", ('scheduling_interval = "-1s"', "histogram_buckets = [2.0, 1.0]", "histogram_buckets = [1.0, 1.0]", "histogram_buckets = []")),
            ("background_verification", ('verification_interval = "-1s"', 'verification_interval = "0s"')),
            ("repositories_cleanup", ('check_interval = "59s"', 'run_interval = "59s"', 'run_interval = "0s"', 'run_interval = "-1s"', "repositories_in_batch = 0",
                                      'check_interval = "1s"\nrun_interval = "0s"\nrepositories_in_batch = 0')),
            ("prometheus", ('scrape_timeout = "-1s"', "grpc_latency_buckets = [2.0, 1.0]", "grpc_latency_buckets = []")),
            ("failover", ('election_strategy = "nonsense"', 'election_strategy = "sql"', 'election_strategy = "local"', 'enabled = false\nelection_strategy = "nonsense"',
                          'error_threshold_window = "1s"', "write_error_threshold_count = 1", "read_error_threshold_count = 1", 'error_threshold_window = "-1s"',
                          'bootstrap_interval = "-1s"', 'monitor_interval = "-1s"', 'enabled = false\nerror_threshold_window = "1s"')),
            ("tls", ('certificate_path = "/nowhere"', 'key_path = "/nowhere"', 'certificate_path = "/etc/hostname"\nkey_path = "/etc/hostname"\nkey = "x"', 'key = "x"')),
            ("yamux", ("maximum_stream_window_size_bytes = 1", "maximum_stream_window_size_bytes = 0", "accept_backlog = 0", "maximum_stream_window_size_bytes = 5000000000")),
            ("logging", ('level = "nonsense"', 'format = "nonsense"', 'level = ""')),
            ("database", ("port = -1", "port = 70000", 'sslmode = "nonsense"', "port = \"5432\""))):
        for line in lines:
            name = "%s: %s" % (section, line.replace("\n", ", "))
            if section == "database":
                yield name, GOOD + line + "\n"
            else:
                yield name, GOOD.replace("[[virtual_storage]]\nname", "[%s]\n%s\n[[virtual_storage]]\nname" % (section, line), 1)
    yield "config_command that is not there", 'config_command = "/nowhere/command"\n' + GOOD
    for name, body in (("fails", "echo trouble >&2; exit 3"), ("says nothing", "true"), ("says no JSON", "echo nonsense"), ("sets a value", "echo '{\"virtual_storage\":[]}'"),
                       ("has an unknown key", "echo '{\"nonsense\":1}'"), ("has a value of another type", "echo '{\"listen_addr\":7}'")):
        yield "config_command that %s" % name, "#!" + body
