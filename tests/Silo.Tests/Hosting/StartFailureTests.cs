using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

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

    private static async Task<(int Code, string Errors)> RunAsync(string[] arguments)
    {
        var (code, errors, _) = await RunWithOutputAsync(arguments);
        return (code, errors);
    }

    private static async Task<(int Code, string Errors, string Output)> RunWithOutputAsync(string[] arguments)
    {
        // Beside the tests lies the program, with its own runtime configuration.
        var program = Path.Combine(AppContext.BaseDirectory, "praefect.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
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
