using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Praefect.Trial.Processes;

namespace Praefect.Benchmarks.Scale;

/// <summary>A Postgres with memory and log segments for a million repositories. It flushes as usual: what commits cost is a figure.</summary>
internal sealed class BenchPostgres(string folder, string binaries, int port, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_stopMax = TimeSpan.FromMinutes(1);
    private static readonly ImmutableArray<string> s_settings = ["listen_addresses=127.0.0.1", "shared_buffers=512MB", "max_wal_size=4GB", "max_connections=200"];
    private readonly string _folder = Path.Combine(folder, "postgres");
    private readonly ManagedProcess _process = new(Spec(folder, binaries, port), time);

    public int Port { get; } = port;

    public int Id => _process.Id;

    /// <summary>Where its programs are on this machine; null: it is not installed.</summary>
    public static string? FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal) : Enumerable.Empty<string>();
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(versions.Select(static version => Path.Combine(version, "bin")))
            .FirstOrDefault(static candidate => File.Exists(Path.Combine(candidate, "postgres")) && File.Exists(Path.Combine(candidate, "initdb")));
    }

    /// <summary>Starts it, on the data that it left here before if there is any.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Path.Combine(Data(folder), "PG_VERSION")))
        {
            Directory.CreateDirectory(_folder);
            if (Environment.IsPrivilegedProcess)
            {
                // It runs as another user, who has to find the way to its folder.
                await RunAsync(["chmod", "o+x", folder], cancellationToken);
                await RunAsync(["chown", "postgres", _folder], cancellationToken);
            }

            await RunAsync(
                AsPostgres([Path.Combine(binaries, "initdb"), "-D", Data(folder), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]), cancellationToken);
        }

        _process.Start();
        await _process.WaitUntilReadyAsync(s_startMax, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process.Running)
        {
            // SIGTERM alone waits for sessions to end by themselves; this is its fast shutdown.
            await RunAsync(["kill", "-INT", _process.Id.ToString(CultureInfo.InvariantCulture)], CancellationToken.None);
            using var limit = new CancellationTokenSource(s_stopMax, TimeProvider.System);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                // Killed below; it recovers with its next start.
            }
        }

        await _process.DisposeAsync();
    }

    private static string Data(string folder) => Path.Combine(folder, "postgres", "data");

    private static ProcessSpec Spec(string folder, string binaries, int port)
    {
        var command = AsPostgres(
        [
            Path.Combine(binaries, "postgres"), "-D", Data(folder), "-p", port.ToString(CultureInfo.InvariantCulture), "-k", Path.Combine(folder, "postgres"),
            .. s_settings.SelectMany(static setting => new[] { "-c", setting }),
        ]);
        return new ProcessSpec
        {
            Name = "postgres",
            FileName = command[0],
            Arguments = command[1..],
            WorkingFolder = "/",
            LogFile = Path.Combine(folder, "logs", "postgres.log"),
            Ready = async cancellationToken =>
            {
                await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false;Timeout=2");
                await connection.OpenAsync(cancellationToken);
                return true;
            },
        };
    }

    // Postgres refuses to run as root. setpriv turns into the program that it starts.
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
