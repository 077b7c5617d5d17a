namespace Praefect.StorageNode.Git;

/// <summary>What to run: a git sub-command with its arguments, in one repository or in none.</summary>
public sealed record GitCommand
{
    /// <summary>Arguments after <c>git</c>, the sub-command first. They reach git as they are: no shell reads them.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Absolute path of the bare repository (<c>--git-dir</c>), or null for commands that need none.</summary>
    public string? GitDirectory { get; init; }

    /// <summary>More environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>More configuration; it wins over every configuration file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Configuration { get; init; } = [];

    /// <summary>The <c>Git-Protocol</c> value of the client, for example <c>version=2</c>; empty for none.</summary>
    public string GitProtocol { get; init; } = "";

    /// <summary>
    /// True for commands that may write references: they get the hook of <see cref="HookEnvironment"/> if there is one.
    /// Everything else runs without hooks.
    /// </summary>
    public HookAccess? HookEnvironment { get; init; }

    /// <summary>The sub-command, for messages.</summary>
    public string Name => Arguments[0];

    /// <summary>A command in <paramref name="gitDirectory"/>.</summary>
    public static GitCommand In(string gitDirectory, params IReadOnlyList<string> arguments) =>
        new() { Arguments = arguments, GitDirectory = gitDirectory };
}

/// <summary>How the reference-transaction hook of one git process finds the node: the folder with the hook, the node's port, a secret valid for this process only.</summary>
public sealed record HookAccess(string HooksFolder, int Port, string Secret);
