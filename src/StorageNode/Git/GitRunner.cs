using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Praefect.StorageNode.Git;

/// <summary>Starts git processes for one storage folder: the environment, and a bound on how many run at once.</summary>
public sealed class GitRunner
{
    /// <summary>Most bytes that CaptureAsync keeps: 256 MiB, some two million references.</summary>
    public const int MaxCapturedBytes = 256 * 1024 * 1024;

    private readonly GitExecutable _git;
    private readonly GitEnvironment _environment;
    private readonly GitProcessLimit _limit;
    private readonly TimeProvider _time;

    /// <summary>Uses <paramref name="git"/> with <paramref name="environment"/>; <paramref name="limit"/> is shared by all storages of the node.</summary>
    public GitRunner(GitExecutable git, GitEnvironment environment, GitProcessLimit limit, TimeProvider time)
    {
        _git = git;
        _environment = environment;
        _limit = limit;
        _time = time;
    }

    /// <summary>The git that runs.</summary>
    public GitExecutable Git => _git;

    /// <summary>Whether what is acknowledged must have reached the disk.</summary>
    public bool Durable => _environment.Durable;

    /// <summary>Starts a process.</summary>
    /// <exception cref="Praefect.Wire.Grpc.GrpcException">ResourceExhausted: too many processes run and wait.</exception>
    public async Task<GitProcess> StartAsync(GitCommand command, CancellationToken cancellationToken)
    {
        var slot = await _limit.EnterAsync(cancellationToken);
        try
        {
            return new GitProcess(Start(command), command, _time, slot);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command with <paramref name="input"/> and returns its standard output.</summary>
    /// <exception cref="GitFailedException">The exit status is not among <paramref name="accepted"/> (default: 0).</exception>
    public async Task<GitOutput> CaptureAsync(GitCommand command, ReadOnlyMemory<byte> input, CancellationToken cancellationToken, params int[] accepted)
    {
        await using var process = await StartAsync(command, cancellationToken);
        var writing = process.WriteAllAsync(input, cancellationToken);
        var output = new ArrayBufferWriter<byte>();
        while (true)
        {
            var read = await process.Output.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                output.Write(segment.Span);
            }

            process.Output.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }

            if (output.WrittenCount > MaxCapturedBytes)
            {
                throw new GitFailedException(command.Name, 1, $"output larger than {MaxCapturedBytes} bytes");
            }
        }

        await writing;
        var exit = await process.WaitAsync(cancellationToken);
        if (exit.Code != 0 && !accepted.Contains(exit.Code))
        {
            throw new GitFailedException(command.Name, exit.Code, exit.StandardError);
        }

        return new GitOutput(exit.Code, output.WrittenMemory, exit.StandardError);
    }

    /// <summary>Runs a command without input and returns its standard output.</summary>
    public Task<GitOutput> CaptureAsync(GitCommand command, CancellationToken cancellationToken, params int[] accepted) =>
        CaptureAsync(command, ReadOnlyMemory<byte>.Empty, cancellationToken, accepted);

    private Process Start(GitCommand command)
    {
        var start = new ProcessStartInfo
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = command.GitDirectory ?? _environment.HomeFolder,
        };
        _git.Apply(start);
        foreach (var argument in command.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _environment.Apply(start.Environment, command);
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException("git did not start");
        }
        catch (Win32Exception exception)
        {
            throw new GitFailedException(command.Name, 127, exception.Message);
        }
    }
}

/// <summary>Exit status and output of a finished command.</summary>
public sealed record GitOutput(int Code, ReadOnlyMemory<byte> Bytes, string StandardError)
{
    /// <summary>Standard output as UTF-8 text without the last line feed.</summary>
    public string Text => Encoding.UTF8.GetString(Bytes.Span).TrimEnd('\n');
}
