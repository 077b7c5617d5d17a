using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Praefect.Trial.Processes;

namespace Praefect.Benchmarks.Scale;

/// <summary>What every part stands on: Postgres, a hundred storages in one process, databases, and the means to start praefect and run its commands.</summary>
internal sealed class ScaleBed : IAsyncDisposable
{
    public const int MostStorages = 100;
    private static readonly TimeSpan ReadyMax = TimeSpan.FromMinutes(2);

    // No log line for each call: what calls cost is measured, not the disk of this machine.
    private static readonly ImmutableDictionary<string, string> s_quiet =
        ImmutableDictionary<string, string>.Empty.Add("GITALY_LOG_REQUEST_METHOD_DENY_PATTERN", ".");

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(5) };
    private readonly HashSet<int> _ports = [];
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ManagedProcess _nodes;
    private ImmutableArray<int> _nodePorts;

    public ScaleBed(string folder, string binaries, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _time = time;
        Directory.CreateDirectory(Path.Combine(_folder, "logs"));
        Postgres = new BenchPostgres(_folder, binaries, FreePort(), time);
        var portFile = Path.Combine(_folder, "nodes.ports");
        _nodes = new ManagedProcess(
            new ProcessSpec
            {
                Name = "nodes",
                FileName = DotnetHost.Path,
                Arguments = [Path.Combine(AppContext.BaseDirectory, "bench.dll"), "node", "--port-file", portFile, "--storages", MostStorages.ToString(CultureInfo.InvariantCulture)],
                LogFile = Log("nodes"),
                Ready = _ => Task.FromResult(File.Exists(portFile)),
            },
            time);
    }

    public BenchPostgres Postgres { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Postgres.StartAsync(cancellationToken);
        var portFile = Path.Combine(_folder, "nodes.ports");
        File.Delete(portFile);
        _nodes.Start();
        await _nodes.WaitUntilReadyAsync(ReadyMax, cancellationToken);
        _nodePorts = [.. (await File.ReadAllLinesAsync(portFile, cancellationToken)).Select(static line => int.Parse(line, CultureInfo.InvariantCulture))];
    }

    /// <summary>Connections to a database.</summary>
    public NpgsqlDataSource Open(string database) => NpgsqlDataSource.Create(
        $"Host=127.0.0.1;Port={Postgres.Port};Username=postgres;Database={database};Command Timeout=0;Maximum Pool Size=100;Max Auto Prepare=10");

    /// <summary>Makes a database with so many repositories, unless it is there; 0: an empty one, new each time.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> DatabaseAsync(string prefix, int repositories, CancellationToken cancellationToken)
    {
        var name = $"{prefix}_{repositories}";
        await using (var admin = Open("postgres"))
        {
            await using var exists = admin.CreateCommand("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
            exists.Parameters.Add(new NpgsqlParameter { Value = name });
            if ((bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
            {
                if (repositories > 0)
                    return name;
                await ExecuteAsync(admin, $"DROP DATABASE {name} WITH (FORCE)", cancellationToken);
            }

            await ExecuteAsync(admin, $"CREATE DATABASE {name}", cancellationToken);
        }

        await RunCommandAsync(await ConfigureAsync(new PraefectSetup("migrate", "all", name), FreePort(), FreePort(), cancellationToken), ["sql-migrate"], cancellationToken);
        if (repositories > 0)
        {
            await using var filled = Open(name);
            await GeneratedRepositories.FillAsync(filled, repositories, cancellationToken);
        }

        return name;
    }

    /// <summary>Starts praefect and waits until it is ready.</summary>
    public async Task<PraefectProcess> StartAsync(PraefectSetup setup, CancellationToken cancellationToken)
    {
        var (port, metrics) = (FreePort(), FreePort());
        var configuration = await ConfigureAsync(setup, port, metrics, cancellationToken);
        var ready = new Uri($"http://127.0.0.1:{metrics}/-/ready");
        var spec = Praefect(setup.Name, configuration, ["serve", "--role", setup.Role, "--exit-with-stdin"]) with
        {
            Ready = async token =>
            {
                using var response = await _http.GetAsync(ready, token);
                return response.IsSuccessStatusCode;
            },
        };
        File.Delete(spec.LogFile);
        var process = new ManagedProcess(spec, _time);
        var praefect = new PraefectProcess(setup, process, new Uri($"http://127.0.0.1:{port}"), new Uri($"http://127.0.0.1:{metrics}"), configuration, _http);
        try
        {
            var started = Stopwatch.GetTimestamp();
            process.Start();
            await process.WaitUntilReadyAsync(ReadyMax, cancellationToken);
            praefect.Ready = Stopwatch.GetElapsedTime(started);
            return praefect;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command as an operator would, and returns how long it took, the start of its process included, and how many lines it wrote.</summary>
    public async Task<(TimeSpan Time, int Lines)> RunCommandAsync(string configuration, ImmutableArray<string> arguments, CancellationToken cancellationToken)
    {
        var log = Log("command");
        File.Delete(log);
        await using var command = new ManagedProcess(Praefect("command", configuration, arguments), _time);
        var started = Stopwatch.GetTimestamp();
        command.Start();
        var code = await command.WaitForExitAsync(cancellationToken);
        var time = Stopwatch.GetElapsedTime(started);
        if (code != 0)
            throw new ProcessFailedException($"praefect {string.Join(' ', arguments)} ended with {code}:\n{await command.LogTailAsync()}");
        return (time, File.Exists(log) ? (await File.ReadAllLinesAsync(log, cancellationToken)).Length : 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _nodes.DisposeAsync();
        await Postgres.DisposeAsync();
        _http.Dispose();
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private ProcessSpec Praefect(string name, string configuration, ImmutableArray<string> arguments) => new()
    {
        Name = name,
        FileName = DotnetHost.Path,
        Arguments = [DotnetHost.AssemblyOf("Praefect.Silo", "praefect"), "-config", configuration, .. arguments],
        Environment = s_quiet,
        LogFile = Log(name),
    };

    private async Task<string> ConfigureAsync(PraefectSetup setup, int port, int metrics, CancellationToken cancellationToken)
    {
        var path = Path.Combine(_folder, setup.Name + ".toml");
        await File.WriteAllTextAsync(path, setup.Toml(port, metrics, Postgres.Port, _nodePorts), cancellationToken);
        return path;
    }

    private string Log(string name) => Path.Combine(_folder, "logs", name + ".log");

    // Ports given out are kept in mind: the process that gets one binds it later.
    private int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (_ports.Add(port))
                return port;
        }
    }
}
