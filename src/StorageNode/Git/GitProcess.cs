using System.Diagnostics;
using System.IO.Pipelines;

namespace Praefect.StorageNode.Git;

/// <summary>
/// A running git process. Its standard input and output are pipes whose buffers are bounded by the kernel and by
/// <see cref="BufferBytes"/>: a reader that stops makes git stop. Disposing before the end ends the process group.
/// </summary>
public sealed class GitProcess : IAsyncDisposable
{
    /// <summary>Bytes read from git at a time, and the most that lies in memory per direction: 128 KiB.</summary>
    public const int BufferBytes = 128 * 1024;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly TimeProvider _time;
    private readonly IDisposable _slot;
    private readonly Task<string> _standardError;
    private readonly int _processId;
    private bool _ended;

    internal GitProcess(Process process, GitCommand command, TimeProvider time, IDisposable slot)
    {
        _process = process;
        _processId = process.Id;
        _time = time;
        _slot = slot;
        Command = command;
        Input = PipeWriter.Create(process.StandardInput.BaseStream, new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024));
        Output = PipeReader.Create(process.StandardOutput.BaseStream, new StreamPipeReaderOptions(bufferSize: BufferBytes, minimumReadSize: 4096));
        _standardError = BoundedText.DrainAsync(process.StandardError.BaseStream, CancellationToken.None);
    }

    /// <summary>What runs.</summary>
    public GitCommand Command { get; }

    /// <summary>Standard input; complete it to send end of file.</summary>
    public PipeWriter Input { get; }

    /// <summary>Standard output.</summary>
    public PipeReader Output { get; }

    /// <summary>The process id, also the id of its process group.</summary>
    public int ProcessId => _processId;

    /// <summary>Sends end of file. A process that is gone already is no error: its exit status tells more.</summary>
    public async ValueTask CloseInputAsync()
    {
        try
        {
            await Input.CompleteAsync();
        }
        catch (IOException)
        {
        }
    }

    /// <summary>Writes all of <paramref name="data"/> and sends end of file. A process that ends without reading is no error here.</summary>
    public async Task WriteAllAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await Input.WriteAsync(data, cancellationToken);
        }
        catch (IOException)
        {
        }

        await CloseInputAsync();
    }

    /// <summary>Waits for the end. Standard output should have been read before: a full pipe keeps git alive.</summary>
    public async Task<GitExit> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        var error = await _standardError.WaitAsync(cancellationToken);
        _ended = true;
        return new GitExit(_process.ExitCode, error);
    }

    /// <summary>Waits for the end and throws <see cref="GitFailedException"/> unless the exit status is 0.</summary>
    public async Task EnsureSuccessAsync(CancellationToken cancellationToken)
    {
        var exit = await WaitAsync(cancellationToken);
        if (exit.Code != 0)
        {
            throw new GitFailedException(Command.Name, exit.Code, exit.StandardError);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_ended)
            {
                await EndAsync();
            }
        }
        finally
        {
            await Output.CompleteAsync();
            await CloseInputAsync();
            _process.Dispose();
            _slot.Dispose();
        }
    }

    private async Task EndAsync()
    {
        // First politely: a git that is killed outright leaves its reference locks behind, and the next push would fail on them.
        if (!_process.HasExited)
        {
            ProcessSignals.SendTerminate(_processId);
            try
            {
                await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Grace, _time);
            }
            catch (TimeoutException)
            {
                // Handled below together with the children that outlived their parent.
            }
        }

        if (_process.HasExited)
        {
            ProcessSignals.SendKillToGroup(_processId);
        }
        else
        {
            ProcessSignals.SendKill(_processId);
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _standardError;
    }
}

/// <summary>How a git process ended: its exit status (128 + signal when a signal ended it) and what it wrote to standard error.</summary>
public sealed record GitExit(int Code, string StandardError);
