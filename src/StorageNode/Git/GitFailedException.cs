namespace Praefect.StorageNode.Git;

/// <summary>A git process ended with a failure. <see cref="StandardError"/> is what it said, cut to the bound of <see cref="BoundedText"/>.</summary>
public sealed class GitFailedException(string command, int exitCode, string standardError)
    : Exception($"git {command}: exit status {exitCode}: {standardError.Trim()}")
{
    /// <summary>The sub-command, for example <c>update-ref</c>.</summary>
    public string Command { get; } = command;

    /// <summary>Exit status, or 128 + signal number.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What git wrote to its standard error.</summary>
    public string StandardError { get; } = standardError;
}
