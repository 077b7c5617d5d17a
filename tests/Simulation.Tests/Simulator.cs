using System.Diagnostics;
using System.Text;

namespace Praefect.Simulation.Tests;

/// <summary>Runs the simulator and gives back its exit code and what it wrote.</summary>
internal static class Simulator
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(12);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Praefect.Simulation.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        using var patience = new CancellationTokenSource(Longest);
        var told = new Told();
        var reading = Task.WhenAll(told.ReadAsync(process.StandardOutput), told.ReadAsync(process.StandardError));
        try
        {
            await process.WaitForExitAsync(patience.Token);
            await reading.WaitAsync(patience.Token);
            return (process.ExitCode, told.Text());
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            await reading.WaitAsync(Rest);
            throw new TimeoutException($"{string.Join(' ', arguments)}: not ended after {Longest}; so far:\n{told.Text()}", e);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What it wrote so far; of the lines that only say which seed begins, the last one.</summary>
    private sealed class Told
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();
        private string? _begins;

        public async Task ReadAsync(StreamReader from)
        {
            while (await from.ReadLineAsync() is { } line)
            {
                lock (_gate)
                {
                    if (line.EndsWith(" begins", StringComparison.Ordinal))
                        _begins = line;
                    else
                        _text.Append(line).Append('\n');
                }
            }
        }

        public string Text()
        {
            lock (_gate)
                return _text + (_begins is null ? string.Empty : $"({_begins})\n");
        }
    }
}
