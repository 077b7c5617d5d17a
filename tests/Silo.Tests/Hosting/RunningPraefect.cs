using System.Diagnostics;

namespace Praefect.Silo.Tests.Hosting;

/// <summary>A praefect process of its own, with a configuration file and a store of its own.</summary>
internal sealed class RunningPraefect : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private RunningPraefect(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it printed up to the line that says it is ready, that line included.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Addresses it says that it listens on, as Kestrel writes them.</summary>
    public IReadOnlyList<string> Addresses { get; private set; } = [];

    /// <summary>The port of its first TCP listener without TLS.</summary>
    public int Port => new Uri(Addresses.First(static address => address.StartsWith("http://127.0.0.1:", StringComparison.Ordinal))).Port;

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    /// <param name="folder">Where its configuration file and its store are put.</param>
    /// <param name="toml">Its configuration, all but the store and the storages.</param>
    /// <param name="node">Address of its one node; nobody is there unless one is given.</param>
    public static async Task<RunningPraefect> StartAsync(string folder, string toml, string node = "tcp://127.0.0.1:1")
    {
        var file = Path.Combine(folder, "praefect.toml");
        await File.WriteAllTextAsync(file, $$"""
            {{toml}}
            [store]
            path = "{{Path.Combine(folder, "store.db")}}"
            [[virtual_storage]]
            name = "default"
            node = [{ storage = "a", address = "{{node}}" }]
            """);
        var running = new RunningPraefect(Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "praefect.dll"), "-config", file])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        try
        {
            await running.WaitUntilReadyAsync();
            return running;
        }
        catch
        {
            await running.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it wrote to standard error; complete when it has ended.</summary>
    public Task<string> Errors => _errors;

    /// <summary>How many TCP ports it listens on, whoever knows of them.</summary>
    public int TcpListeners()
    {
        const string Listening = "0A";
        const int State = 3, Inode = 9;
        var sockets = Directory.GetFiles($"/proc/{_process.Id}/fd").Select(static file => new FileInfo(file).LinkTarget).ToHashSet(StringComparer.Ordinal);
        return new[] { "tcp", "tcp6" }
            .SelectMany(kind => File.ReadLines($"/proc/{_process.Id}/net/{kind}").Skip(1))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(columns => columns[State] == Listening && sockets.Contains($"socket:[{columns[Inode]}]"));
    }

    /// <summary>Asks it to stop, as a service manager does, and waits until it has.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await ExitAsync();
    }

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WaitAsync(Limit);
    }

    /// <summary>Waits until it has ended; its exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitUntilReadyAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            Lines.Add(line);
            const string Before = "listening on ";
            if (!line.Contains("Praefect is ready", StringComparison.Ordinal))
                continue;
            var from = line.IndexOf(Before, StringComparison.Ordinal) + Before.Length;
            Addresses = line[from..line.IndexOf(", started in", StringComparison.Ordinal)].Split(", ");

            // Nobody reads the rest, and it must not fill the pipe.
            _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return;
        }

        throw new InvalidOperationException($"praefect ended: {await _errors}");
    }
}
