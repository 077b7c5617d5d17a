using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Praefect.Gateway;
using Praefect.Grains;
using Praefect.Silo.Configuration;
using Praefect.Silo.Hosting;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>What an operator sees when the process cannot start: a real process, its exit code and its standard error.</summary>
public sealed class StartFailureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-start-").FullName;

    [Fact]
    public async Task Without_a_configuration_file_it_says_how_to_give_one()
    {
        var (code, errors) = await RunAsync([]);

        Assert.Equal(2, code);
        Assert.Equal("Required flag \"config\" not set", errors);
    }

    [Fact]
    public async Task All_errors_of_the_configuration_are_told_a_line_each()
    {
        var (code, errors) = await RunAsync("[yamux]\naccept_backlog = 0");

        Assert.Equal(1, code);
        var lines = errors.Split('\n');
        Assert.Contains("praefect: validating config: no virtual storages configured", lines);
        Assert.Contains("praefect: validating config: yamux.accept_backlog must be at least 1 but it was 0", lines);
    }

    [Fact]
    public async Task One_wrong_option_of_each_kind_is_told_in_one_answer()
    {
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, """
            Listen_Addr = "2305"
            socket_path = true
            graceful_stop_timeout = "1 minute"
            prometheus_listen_addr = ":9652"
            [git_http]
            listen_addr = ":9652"
            [Auth]
            Token = "t"
            Token_File = "/nowhere/t"
            [tls]
            min_version = "SSL"
            [database]
            port = 65536
            sslmode = "maybe"
            [replication]
            batch_size = "10"
            [reconciliation]
            histogram_buckets = [1, 1]
            scheduling_interval = 5
            [repositories_cleanup]
            run_interval = "1s"
            [failover]
            election_strategy = "vote"
            read_error_threshold_count = 1
            [logging]
            level = "loud"
            [prometheus]
            grpc_latency_buckets = [0.1, "x"]
            [yamux]
            accept_backlog = 0
            [silo]
            missed_probes = 0
            probe_timeout = "1ms"
            advertised_address = "me"
            [[virtual_storage]]
            name = "vs"
            default_replication_factor = 2
            node = [{ storage = "a", address = "tcp://x/y" }]
            """);

        var (code, errors) = await RunAsync(["-config", file, "--role", "king"], ("GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN", "("));

        Assert.Equal(1, code);
        string[] expected =
        [
            "error reading config file: line 2, column 15: socket_path must be a string, but is a boolean",
            "error reading config file: line 3, column 25: graceful_stop_timeout must be a duration such as \"1m30s\", but is \"1 minute\"",
            "error reading config file: line 13, column 8: database.port must be from 0 to 65535, but is 65536",
            "error reading config file: line 16, column 14: replication.batch_size must be an integer, but is a string",
            "error reading config file: line 19, column 23: reconciliation.scheduling_interval must be a duration in quotes such as \"1m30s\", but is an integer",
            "error reading config file: line 28, column 30: prometheus.grpc_latency_buckets must be an array of numbers, but is a string",
            "validating config: invalid election strategy: \"vote\"",
            "validating config: threshold window not set",
            "validating config: write error threshold not set",
            "validating config: virtual storage \"vs\" has a default replication factor (2) which is higher than the number of storages (1)",
            "validating config: repositories_cleanup.run_interval is less then 1m0s, which could lead to a database performance problem",
            "validating config: yamux.accept_backlog must be at least 1 but it was 0",
            "validating config: listen_addr must be host:port, but is \"2305\"",
            "validating config: same address can't be used for different schemas \":9652\"",
            "validating config: dial \"vs\"/\"a\": ",
            "validating config: tls.min_version must be \"TLS 1.2\" or \"TLS 1.3\", but is \"SSL\"",
            "validating config: auth: token and token_file cannot both be set",
            "validating config: database.sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full, but is \"maybe\"",
            "validating config: logging.level must be one of ",
            "validating config: the pattern \"(\" of GITALY_LOG_REQUEST_METHOD_ALLOW_PATTERN cannot be used: ",
            "validating config: reconciliation.histogram_buckets: bad order: expected ascending",
            "validating config: silo.role must be all, silo or gateway, but is \"king\"",
            "validating config: silo.advertised_address must be an IP address or auto, but is \"me\"",
            "validating config: silo.probe_timeout must be between 100ms and 1m0s, but is 1ms",
            "validating config: silo.missed_probes must be between 1 and 20, but is 0",
        ];
        var told = errors.Split('\n');
        Assert.All(expected, one => Assert.Single(told, line => line.StartsWith("praefect: " + one, StringComparison.Ordinal)));
        Assert.All(told, line => Assert.Single(expected, one => line.StartsWith("praefect: " + one, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Options_that_do_not_come_from_the_file_are_told_in_one_answer_too()
    {
        var configuration = ConfigurationFile.Load(Configuration("127.0.0.1:0", Path.Combine(_folder, "store.db")));

        var failure = await Record.ExceptionAsync(() => PraefectServer.StartAsync(configuration, TimeProvider.System, default, builder => builder.Services
            .Configure<GrainOptions>(static options => (options.MaxOpenWrites, options.WriteLease) = (0, TimeSpan.Zero))
            .Configure<GatewayOptions>(static options => options.MaxBackgroundWork = 0)));

        Assert.Equal(
            [
                "validating config: WriteLease is 00:00:00: it must be between 00:00:00.1000000 and 00:05:00",
                "validating config: MaxOpenWrites is 0: it must be between 1 and 100000",
                "validating config: GatewayOptions.MaxBackgroundWork (0) must be 1 or more",
            ],
            StartFailures.Describe(failure!, configuration.Options).AsEnumerable());
    }

    [Fact]
    public async Task A_port_in_use_is_told_by_its_address()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;

        var (code, errors) = await RunAsync(Configuration(address, Path.Combine(_folder, "store.db")));

        Assert.Equal(1, code);
        Assert.StartsWith("praefect: cannot listen: ", errors, StringComparison.Ordinal);
        Assert.Contains(address, errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task Nothing_stands_in_the_log_beside_the_reason()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var (_, _, output) = await RunWithOutputAsync(Configuration(listener.LocalEndpoint.ToString()!, Path.Combine(_folder, "store.db")));

        Assert.DoesNotContain("component=Orleans", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_in_a_folder_that_cannot_be_written_is_told_by_its_path()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, string.Empty);

        var (code, errors) = await RunAsync(Configuration("127.0.0.1:0", Path.Combine(file, "store.db")));

        Assert.Equal(1, code);
        Assert.StartsWith("praefect: ", errors, StringComparison.Ordinal);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task A_socket_that_is_a_file_is_left_alone_and_told()
    {
        var file = Path.Combine(_folder, "not-a-socket");
        await File.WriteAllTextAsync(file, "precious");

        var (code, errors) = await RunAsync($"socket_path = '{file}'\n" + Configuration("127.0.0.1:0", Path.Combine(_folder, "store.db")));

        Assert.Equal(1, code);
        Assert.Contains("is a file, not a socket", errors, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_loaded_is_told()
    {
        var file = Path.Combine(_folder, "no.pem");
        await File.WriteAllTextAsync(file, "this is no certificate");

        var (code, errors) = await RunAsync($"tls_listen_addr = '127.0.0.1:0'\ntls.certificate_path = '{file}'\ntls.key_path = '{file}'\n"
            + Configuration("127.0.0.1:0", Path.Combine(_folder, "store.db")));

        Assert.Equal(1, code);
        Assert.StartsWith("praefect: load certificate key pair: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    [Fact]
    public async Task A_store_that_another_process_has_is_told_to_be_locked()
    {
        var store = Path.Combine(_folder, "store.db");
        await using var held = new Praefect.Store.SqliteStore(new Praefect.Store.SqliteStoreOptions { Path = store });
        await held.OpenAsync(CancellationToken.None);

        var (code, errors) = await RunAsync(Configuration("127.0.0.1:0", store));

        Assert.Equal(1, code);
        Assert.StartsWith("praefect: the store is locked: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', errors);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Configuration(string listen, string store) => $"""
        listen_addr = "{listen}"
        [store]
        path = "{store}"
        [[virtual_storage]]
        name = "default"
        node = [{"{"} storage = "a", address = "tcp://127.0.0.1:1" {"}"}]
        """;

    private async Task<(int Code, string Errors)> RunAsync(string toml)
    {
        var (code, errors, _) = await RunWithOutputAsync(toml);
        return (code, errors);
    }

    private async Task<(int Code, string Errors, string Output)> RunWithOutputAsync(string toml)
    {
        var file = Path.Combine(_folder, "praefect.toml");
        await File.WriteAllTextAsync(file, toml);
        return await RunWithOutputAsync(["-config", file]);
    }

    private static async Task<(int Code, string Errors)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        var (code, errors, _) = await RunWithOutputAsync(arguments);
        return (code, errors);
    }

    private static async Task<(int Code, string Errors, string Output)> RunWithOutputAsync(string[] arguments)
    {
        // Beside the tests lies the program, with its own runtime configuration.
        var program = Path.Combine(AppContext.BaseDirectory, "praefect.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (await errors).TrimEnd('\n'), await output);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
