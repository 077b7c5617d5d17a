using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Praefect.StorageNode.Hosting;

namespace Praefect.StorageNode.Git;

/// <summary>The git binary of this machine, found and checked once at start.</summary>
public sealed partial class GitExecutable
{
    /// <summary>The oldest git that knows configuration by environment (GIT_CONFIG_COUNT), which this node relies on.</summary>
    public static readonly Version Oldest = new(2, 31);

    // In a session of its own a git process is its own process group: it can be ended with its children,
    // and Ctrl-C in the terminal reaches the node alone, which then lets the writes under way finish.
    private static readonly string? SetSid = Array.Find(["/usr/bin/setsid", "/bin/setsid"], File.Exists);

    private GitExecutable(string path, string versionText, Version version)
    {
        FilePath = path;
        VersionText = versionText;
        Version = version;
    }

    /// <summary>Name or path that is started.</summary>
    public string FilePath { get; }

    /// <summary>The version as git prints it, for example <c>2.39.5</c>.</summary>
    public string VersionText { get; }

    /// <summary>The version's first numbers.</summary>
    public Version Version { get; }

    /// <summary>Runs <c>git --version</c>.</summary>
    /// <exception cref="NodeStartException">No git, or one that is too old; the message says what to do.</exception>
    public static async Task<GitExecutable> FindAsync(string path, CancellationToken cancellationToken)
    {
        string text;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, UseShellExecute = false })
                ?? throw new InvalidOperationException("no process");
            text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            throw new NodeStartException($"git was not found ({path}): install git {Oldest} or newer (Debian: apt-get install git)");
        }

        return Parse(path, text);
    }

    /// <summary>Reads the answer of <c>git --version</c>.</summary>
    /// <exception cref="NodeStartException">Not a version, or one that is too old.</exception>
    public static GitExecutable Parse(string path, string text)
    {
        var match = VersionPattern().Match(text);
        if (!match.Success)
        {
            throw new NodeStartException($"{path} --version answered \"{text.Trim()}\": that is not git, install git {Oldest} or newer");
        }

        var version = new Version(Number(match.Groups["major"]), Number(match.Groups["minor"]));
        if (version < Oldest)
        {
            throw new NodeStartException($"git {match.Groups["text"].Value} is too old: install git {Oldest} or newer");
        }

        return new GitExecutable(path, match.Groups["text"].Value, version);

        static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Sets the program to start.</summary>
    internal void Apply(ProcessStartInfo start)
    {
        start.FileName = SetSid ?? FilePath;
        if (SetSid is not null)
        {
            start.ArgumentList.Add(FilePath);
        }
    }

    [GeneratedRegex(@"git version (?<text>(?<major>\d{1,6})\.(?<minor>\d{1,6})\S{0,60})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
