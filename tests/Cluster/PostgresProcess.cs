using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>A Postgres that can be killed and started again on the same data.</summary>
internal sealed class PostgresProcess(string folder, string binaries, int port, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ManagedProcess _process = new(Spec(folder, binaries, port), time);

    public int Port { get; } = port;

    public static string? FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal) : Enumerable.Empty<string>();
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(versions.Select(static version => Path.Combine(version, "bin")))
            .FirstOrDefault(static candidate => File.Exists(Path.Combine(candidate, "postgres")) && File.Exists(Path.Combine(candidate, "initdb")));
    }

    /// <summary>Makes the data folder and starts.</summary>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (Environment.IsPrivilegedProcess)
            await RunAsync(["chown", "postgres", folder], cancellationToken);
        await RunAsync(
            AsPostgres([Path.Combine(binaries, "initdb"), "-D", Data(folder), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]), cancellationToken);
        await StartAsync(cancellationToken);
    }

    /// <summary>Starts and waits until it answers. The first tries after a kill may find that its children have not gone yet.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            if (!_process.Running)
                _process.Start();
            try
            {
                await _process.WaitUntilReadyAsync(StartMax, cancellationToken);
                return;
            }
            catch (ProcessFailedException) when (time.GetElapsedTime(started) < StartMax)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Data(string folder) => Path.Combine(folder, "data");

    private static ProcessSpec Spec(string folder, string binaries, int port)
    {
        var command = AsPostgres(
        [
            Path.Combine(binaries, "postgres"), "-D", Data(folder), "-p", port.ToString(CultureInfo.InvariantCulture), "-k", folder, "-c", "listen_addresses=127.0.0.1",
        ]);
        return new ProcessSpec
        {
            Name = "postgres",
            FileName = command[0],
            Arguments = command[1..],
            WorkingFolder = "/",
            LogFile = Path.Combine(Path.GetDirectoryName(folder)!, "logs", "postgres.log"),
            Ready = async cancellationToken =>
            {
                await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false;Timeout=2");
                await connection.OpenAsync(cancellationToken);
                return true;
            },
        };
    }

    // Postgres refuses to run as root. setpriv turns into the program that it starts, so a kill hits the server itself.
    private static ImmutableArray<string> AsPostgres(ImmutableArray<string> command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;

    private static async Task RunAsync(ImmutableArray<string> command, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new ProcessFailedException($"'{string.Join(' ', command)}' ended with exit code {process.ExitCode}");
    }
}
