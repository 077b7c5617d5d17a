using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Praefect.Trial.Processes;

/// <summary>
/// A Postgres of its own, on loopback, that can be stopped, killed and started again on the same data. Like every process of a trial it does not outlive
/// this one, not even when this one is killed. It has one user, <see cref="User"/>, whose password lies beside the data.
/// </summary>
/// <param name="folder">Where its data lies; logs are in the folder <c>logs</c> beside it.</param>
/// <param name="binaries">Where <c>initdb</c> and <c>postgres</c> are.</param>
/// <param name="port">Where it listens.</param>
/// <param name="time">The clock.</param>
public sealed class PostgresProcess(string folder, string binaries, int port, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Name of its user, and of the database.</summary>
    public const string User = "postgres";

    private static readonly string[] Programs = ["postgres", "initdb", "pg_ctl", "pg_isready"];
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ManagedProcess _guard = new(GuardSpec(folder, binaries), time);

    /// <summary>Where it listens, on loopback.</summary>
    public int Port { get; } = port;

    /// <summary>The server itself.</summary>
    public ManagedProcess Server { get; } = new(ServerSpec(folder, binaries, port), time);

    /// <summary>The user's password, once <see cref="CreateAsync"/> has made the data.</summary>
    public string Password { get; private set; } = string.Empty;

    private string PasswordFile => Path.Combine(folder, "password");

    /// <summary>Where the server's programs are on this machine; null: it is not installed.</summary>
    public static string? FindBinaries()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal) : Enumerable.Empty<string>();
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(versions.Select(static version => Path.Combine(version, "bin")))
            .FirstOrDefault(static candidate => Programs.All(program => File.Exists(Path.Combine(candidate, program))));
    }

    /// <summary>Makes the data where there is none, and starts.</summary>
    /// <exception cref="ProcessFailedException">It could not be made or started; the message says why.</exception>
    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(PasswordFile) && File.Exists(Path.Combine(Data(folder), "PG_VERSION")))
        {
            Password = await File.ReadAllTextAsync(PasswordFile, cancellationToken);
        }
        else
        {
            Directory.CreateDirectory(folder);
            Password = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
            await SecretFile.WriteAsync(PasswordFile, Password, cancellationToken);
            if (Environment.IsPrivilegedProcess)
                await GiveToUserAsync(cancellationToken);
            await RunAsync(
                AsPostgres(
                [
                    Path.Combine(binaries, "initdb"), "-D", Data(folder), "-U", User, "-A", "scram-sha-256", "--pwfile", PasswordFile, "--no-sync", "-E", "UTF8", "--locale=C",
                ]),
                cancellationToken);
        }

        await StartAsync(cancellationToken);
    }

    /// <summary>Starts and waits until it answers. The first tries after a kill may find that its children have not gone yet.</summary>
    /// <exception cref="ProcessFailedException">It did not start.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_guard.Running)
            _guard.Start();
        var started = time.GetTimestamp();
        while (true)
        {
            if (!Server.Running)
                Server.Start();
            try
            {
                await Server.WaitUntilReadyAsync(StartMax, cancellationToken);
                return;
            }
            catch (ProcessFailedException) when (time.GetElapsedTime(started) < StartMax)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Ends it well: what it was told is on disk, and its next start is quick. Its clients have to be gone.</summary>
    /// <returns>Whether it ended by itself.</returns>
    public async Task<bool> StopAsync()
    {
        var clean = await Server.StopAsync(StopMax);
        await _guard.DisposeAsync();
        return clean;
    }

    /// <summary>Ends it as a crash would.</summary>
    public Task KillAsync() => Server.KillAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _guard.DisposeAsync();
    }

    private static string Data(string folder) => Path.Combine(folder, "data");

    private static string Log(string folder, string name) => Path.Combine(Path.GetDirectoryName(folder)!, "logs", name + ".log");

    private static ProcessSpec ServerSpec(string folder, string binaries, int port)
    {
        var number = port.ToString(CultureInfo.InvariantCulture);
        var command = OwnSession.Of(AsPostgres([Path.Combine(binaries, "postgres"), "-D", Data(folder), "-p", number, "-k", "", "-c", "listen_addresses=127.0.0.1"]));
        return new ProcessSpec
        {
            Name = "postgres",
            FileName = command[0],
            Arguments = command[1..],
            WorkingFolder = "/",
            LogFile = Log(folder, "postgres"),
            Ready = async cancellationToken =>
            {
                await RunAsync([Path.Combine(binaries, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", number, "-t", "2"], cancellationToken);
                return true;
            },
        };
    }

    // The server does not notice that this process is gone. This one does, by its standard input, and stops the server.
    private static ProcessSpec GuardSpec(string folder, string binaries)
    {
        var command = OwnSession.Of(AsPostgres(["/bin/sh", "-c", "cat >/dev/null; exec \"$0\" -D \"$1\" -m fast stop", Path.Combine(binaries, "pg_ctl"), Data(folder)]));
        return new ProcessSpec
        {
            Name = "guard of postgres",
            FileName = command[0],
            Arguments = command[1..],
            WorkingFolder = "/",
            LogFile = Log(folder, "postgres-guard"),
        };
    }

    // Postgres refuses to run as root. setpriv turns into the program that it starts, so a kill hits the server itself.
    private static ImmutableArray<string> AsPostgres(ImmutableArray<string> command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command] : command;

    private async Task GiveToUserAsync(CancellationToken cancellationToken)
    {
        await RunAsync(["chown", "-R", "postgres", folder], cancellationToken);
        try
        {
            await RunAsync(AsPostgres(["test", "-w", folder]), cancellationToken);
        }
        catch (ProcessFailedException e)
        {
            throw new ProcessFailedException($"Postgres does not run as root, and its user 'postgres' cannot enter {folder}: choose another folder with --data ({e.Message})");
        }
    }

    private static async Task RunAsync(ImmutableArray<string> command, CancellationToken cancellationToken)
    {
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = "/",
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ProcessFailedException($"{command[0]} could not be started: {e.Message}");
        }

        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        await output;
        if (process.ExitCode != 0)
            throw new ProcessFailedException($"'{string.Join(' ', command)}' ended with exit code {process.ExitCode}: {(await errors).Trim()}");
    }
}
