using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Praefect.Tests.Shared;

/// <summary>
/// A real Postgres on a free port with its data in a folder of its own, for as long as the tests of a class run. Tests take a fresh
/// database each. Where no Postgres is installed, <see cref="Missing"/> says so and tests skip.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "pg-" + Guid.NewGuid().ToString("N")[..12]);
    private Process? _process;
    private int _port;
    private int _databases;

    /// <summary>Why no Postgres can be started here; null when one can.</summary>
    public static string? Missing { get; } = FindBinaries() is null ? "no Postgres binaries (postgres, initdb) on PATH or under /usr/lib/postgresql" : null;

    public async Task InitializeAsync()
    {
        if (FindBinaries() is not { } binaries) return;
        Directory.CreateDirectory(_folder);
        // Postgres refuses to run as root.
        if (Environment.IsPrivilegedProcess) await RunAsync("chown", "postgres", _folder);
        var data = Path.Combine(_folder, "data");
        await RunAsync(AsPostgres([Path.Combine(binaries, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]));
        _port = FreePort();
        _process = Start(AsPostgres(
        [
            Path.Combine(binaries, "postgres"), "-D", data, "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", _folder,
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=100",
        ]));
        await WaitUntilReadyAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            // The launcher may be a parent of the server; the server's own process id stands in its folder.
            var lines = await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postmaster.pid"));
            await RunAsync("kill", "-INT", lines[0].Trim());
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            _process.Dispose();
        }

        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A connection string to a new, empty database.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = "test" + Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture);
        await using var admin = NpgsqlDataSource.Create(ConnectionString("postgres") + ";Pooling=false");
        await using var command = admin.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    private static string? FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal) : Enumerable.Empty<string>();
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(versions.Select(static version => Path.Combine(version, "bin")));
        return folders.FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")));
    }

    private static string[] AsPostgres(string[] command) => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode}");
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Timeout=5";

    private async Task WaitUntilReadyAsync()
    {
        await using var admin = NpgsqlDataSource.Create(ConnectionString("postgres") + ";Pooling=false");
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await using var connection = await admin.OpenConnectionAsync();
                return;
            }
            catch (Exception error) when (error is NpgsqlException && attempt < 200 && !_process!.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
