using System.Diagnostics;

namespace Praefect.Trial.Processes;

/// <summary>
/// A child process that can be waited for, stopped, frozen, killed and started again, its output in a file. It does not outlive this process, even
/// when that is killed: its standard input is a pipe that only this process holds open, and it ends when that closes (<c>--exit-with-stdin</c>).
/// Not thread-safe: one owner at a time.
/// </summary>
public sealed class ManagedProcess(ProcessSpec spec, TimeProvider time) : IAsyncDisposable
{
    /// <summary>How often the ready condition is asked.</summary>
    public static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the rest of the output is waited for once the process has ended: children of its own may hold it open.</summary>
    public static readonly TimeSpan OutputRest = TimeSpan.FromSeconds(1);

    /// <summary>How many lines of the log a failure shows.</summary>
    public const int LogLinesShown = 15;

    private Process? _process;
    private Task _logging = Task.CompletedTask;
    private bool _frozen;

    /// <summary>What it was made from.</summary>
    public ProcessSpec Spec { get; } = spec;

    /// <summary>Whether it has been started and has not ended.</summary>
    public bool Running => _process is { HasExited: false };

    /// <summary>The process's id.</summary>
    /// <exception cref="InvalidOperationException">It was never started.</exception>
    public int Id => Started.Id;

    /// <summary>The exit code; null while it runs.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    private Process Started => _process ?? throw new InvalidOperationException($"{Spec.Name} was not started");

    /// <summary>Starts it, again if it has ended before. Does not wait until it is ready.</summary>
    /// <exception cref="ProcessFailedException">The executable cannot be started.</exception>
    public void Start()
    {
        if (Running)
            throw new InvalidOperationException($"{Spec.Name} is running already");
        _process?.Dispose();
        var start = new ProcessStartInfo(Spec.FileName, Spec.Arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Spec.WorkingFolder ?? string.Empty,
        };
        foreach (var (name, value) in Spec.Environment)
            start.Environment[name] = value;
        try
        {
            _process = Process.Start(start) ?? throw new ProcessFailedException($"{Spec.Name} could not be started");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ProcessFailedException($"{Spec.Name} could not be started: {Spec.FileName}: {e.Message}");
        }

        _frozen = false;
        _logging = LogAsync(_process);
    }

    /// <summary>Waits until the ready condition holds.</summary>
    /// <exception cref="ProcessFailedException">It ended before, or took longer than <paramref name="limit"/>.</exception>
    public async Task WaitUntilReadyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            while (!await IsReadyAsync(linked.Token))
            {
                if (!Running)
                    throw await FailureAsync($"{Spec.Name} ended with exit code {ExitCode} before it was ready");
                await Task.Delay(ReadyPoll, time, linked.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw await FailureAsync($"{Spec.Name} was not ready after {limit.TotalSeconds:0} s");
        }
    }

    /// <summary>Ends it at once, as a crash would (SIGKILL), and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Signals.Send(Started.Id, Signals.Kill);
        await Started.WaitForExitAsync();
        await DrainAsync();
    }

    /// <summary>Stops it in its tracks (SIGSTOP): it keeps its connections and answers nothing.</summary>
    public void Freeze()
    {
        Signals.Send(Started.Id, Signals.Stop);
        _frozen = true;
    }

    /// <summary>Lets a frozen process go on (SIGCONT).</summary>
    public void Thaw()
    {
        Signals.Send(Started.Id, Signals.Continue);
        _frozen = false;
    }

    /// <summary>Asks it to end (SIGTERM), and kills it when it has not ended within the limit.</summary>
    /// <returns>Whether it ended by itself, and with exit code 0.</returns>
    public async Task<bool> StopAsync(TimeSpan limit)
    {
        if (_process is null || _process.HasExited)
            return true;
        if (_frozen)
            Thaw();
        Signals.Send(_process.Id, Signals.Terminate);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit, time);
            await DrainAsync();
            return _process.ExitCode == 0;
        }
        catch (TimeoutException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Waits until it ends by itself and returns its exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await Started.WaitForExitAsync(cancellationToken);
        await DrainAsync();
        return Started.ExitCode;
    }

    /// <summary>The last lines of the log.</summary>
    public async Task<string> LogTailAsync() =>
        File.Exists(Spec.LogFile) ? string.Join('\n', (await File.ReadAllLinesAsync(Spec.LogFile)).TakeLast(LogLinesShown)) : string.Empty;

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        if (Running)
            await KillAsync();
        _process.Dispose();
        _process = null;
    }

    // Closing standard input ends those of its children that read it.
    private async Task DrainAsync()
    {
        Started.StandardInput.Close();
        await _logging.WaitAsync(OutputRest, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        if (Spec.Ready is null)
            return true;
        try
        {
            return await Spec.Ready(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Not listening yet, most likely; the limit of the wait decides.
            return false;
        }
    }

    private async Task<ProcessFailedException> FailureAsync(string message) => new($"{message}; the end of {Spec.LogFile}:\n{await LogTailAsync()}");

    private async Task LogAsync(Process process)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Spec.LogFile))!);
        await using var file = new FileStream(Spec.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        using var turn = new SemaphoreSlim(1);
        await Task.WhenAll(CopyAsync(process.StandardOutput.BaseStream, file, turn), CopyAsync(process.StandardError.BaseStream, file, turn));
    }

    private static async Task CopyAsync(Stream source, Stream target, SemaphoreSlim turn)
    {
        var buffer = new byte[8192];
        while (await source.ReadAsync(buffer) is var read and > 0)
        {
            await turn.WaitAsync();
            try
            {
                await target.WriteAsync(buffer.AsMemory(0, read));
                await target.FlushAsync();
            }
            finally
            {
                turn.Release();
            }
        }
    }
}
