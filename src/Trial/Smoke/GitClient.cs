using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;

namespace Praefect.Trial.Smoke;

/// <summary>What a run of git came to.</summary>
/// <param name="ExitCode">0: it worked.</param>
/// <param name="Output">Standard output, without the last line end.</param>
/// <param name="Errors">Standard error.</param>
public sealed record GitResult(int ExitCode, string Output, string Errors)
{
    /// <summary>Whether it worked.</summary>
    public bool Ok => ExitCode == 0;

    /// <summary>Why it did not, in one line.</summary>
    public string Reason
    {
        get
        {
            var line = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .LastOrDefault(candidate => candidate.StartsWith("fatal:", StringComparison.Ordinal) || candidate.StartsWith("error:", StringComparison.Ordinal)
                    || candidate.StartsWith("remote:", StringComparison.Ordinal) || candidate.StartsWith('!'));
            return line ?? string.Create(CultureInfo.InvariantCulture, $"exit code {ExitCode}");
        }
    }
}

/// <summary>Runs the git of this machine as its user would, but with none of its user's configuration.</summary>
public sealed class GitClient(TimeProvider time)
{
    /// <summary>How long one run may take.</summary>
    public static readonly TimeSpan RunMax = TimeSpan.FromMinutes(3);

    private static readonly ImmutableDictionary<string, string> Environment = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["GIT_CONFIG_NOSYSTEM"] = "1",
        ["GIT_CONFIG_GLOBAL"] = "/dev/null",
        ["GIT_TERMINAL_PROMPT"] = "0",
        ["GIT_AUTHOR_NAME"] = "Trial",
        ["GIT_AUTHOR_EMAIL"] = "trial@example.invalid",
        ["GIT_COMMITTER_NAME"] = "Trial",
        ["GIT_COMMITTER_EMAIL"] = "trial@example.invalid",
        ["LC_ALL"] = "C",

        // The checkout may belong to another user than the one that runs this.
        ["GIT_CONFIG_COUNT"] = "3",
        ["GIT_CONFIG_KEY_0"] = "safe.directory",
        ["GIT_CONFIG_VALUE_0"] = "*",
        ["GIT_CONFIG_KEY_1"] = "gc.auto",
        ["GIT_CONFIG_VALUE_1"] = "0",
        ["GIT_CONFIG_KEY_2"] = "init.defaultBranch",
        ["GIT_CONFIG_VALUE_2"] = "main",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>Runs git, which is killed when it takes longer than <see cref="RunMax"/>.</summary>
    public Task<GitResult> TryAsync(string folder, CancellationToken cancellationToken, params string[] arguments) =>
        RunAsync(folder, null, arguments, cancellationToken);

    /// <summary>Runs git and returns its output.</summary>
    /// <exception cref="TrialException">It failed.</exception>
    public async Task<string> DoAsync(string folder, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(folder, null, arguments, cancellationToken);
        return result.Ok ? result.Output : throw new TrialException($"git {string.Join(' ', arguments)}: {result.Errors.Trim()}");
    }

    /// <summary>Runs git with something to read.</summary>
    /// <exception cref="TrialException">It failed.</exception>
    public async Task FeedAsync(string folder, Func<Stream, CancellationToken, Task> input, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await RunAsync(folder, input, arguments, cancellationToken);
        if (!result.Ok)
            throw new TrialException($"git {string.Join(' ', arguments)}: {result.Errors.Trim()}");
    }

    private async Task<GitResult> RunAsync(string folder, Func<Stream, CancellationToken, Task>? input, string[] arguments, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(RunMax, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo("git", arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment)
            process.StartInfo.Environment[name] = value;
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new TrialException($"git cannot be started: {e.Message}. Install git, for example with: sudo apt-get install git");
        }

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(linked.Token);
            var errors = process.StandardError.ReadToEndAsync(linked.Token);
            if (input is not null)
                await input(process.StandardInput.BaseStream, linked.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(linked.Token);
            return new GitResult(process.ExitCode, (await output).TrimEnd('\n'), await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            return new GitResult(-1, string.Empty, $"fatal: git {arguments[0]} did not end within {RunMax.TotalSeconds:0} s");
        }
    }
}
