using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Logging;
using Praefect.Wire.Processes;

namespace Praefect.StorageNode.Hosting;

/// <summary>The command line of <c>storage-node</c>.</summary>
public static class NodeCommand
{
    private static readonly Option<string[]> Storage = new("--storage") { Description = "Name of a storage; one --path for each", Required = true };
    private static readonly Option<string[]> Folder = new("--path") { Description = "Existing folder of the storage, in the order of --storage", Required = true };
    private static readonly Option<string[]> Listen = new("--listen") { Description = "Address to listen on: tcp://IP:PORT (port 0: any free one) or unix:PATH; may be repeated", Required = true };
    private static readonly Option<string?> Token = new("--token") { Description = "Secret that callers sign with; without one anybody may call" };
    private static readonly Option<string?> TokenFile = new("--token-file") { Description = "File with that secret" };
    private static readonly Option<string?> AddressFile = new("--address-file") { Description = "File to which the bound addresses are written, one a line, once calls are taken" };
    private static readonly Option<int?> MaxGit = new("--max-git-processes") { Description = "Git processes at once" };
    private static readonly Option<string?> GitPath = new("--git") { Description = "The git binary (default: git from PATH)" };
    private static readonly Option<bool> NoSync = new("--no-fsync") { Description = "Do not flush writes to the disk: faster, and a power cut may lose acknowledged writes. For tests" };
    private static readonly Option<bool> ExitWithStdin = new("--exit-with-stdin") { Description = "Stop when standard input closes: for a parent process that must not leave this one behind" };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Log more" };

    /// <summary>Parses and runs; returns the exit status.</summary>
    public static Task<int> RunAsync(string[] arguments)
    {
        var command = new RootCommand("A Gitaly-compatible storage node on the git binary.")
        {
            Storage, Folder, Listen, Token, TokenFile, AddressFile, MaxGit, GitPath, NoSync, ExitWithStdin, Verbose,
        };
        command.SetAction(RunAsync);
        return command.Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            await using var node = await StorageNodeServer.StartAsync(
                await ReadAsync(parsed, cancellationToken), logging => Log(logging, parsed.GetValue(Verbose)), TimeProvider.System, cancellationToken);
            var text = string.Join('\n', node.Addresses);
            await Console.Out.WriteLineAsync(text);
            if (parsed.GetValue(AddressFile) is { } file)
            {
                // Written beside and renamed: who waits for the file must not read half of it.
                await File.WriteAllTextAsync(file + ".new", text + "\n", cancellationToken);
                File.Move(file + ".new", file, overwrite: true);
            }

            using var orphaned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var watch = parsed.GetValue(ExitWithStdin) ? ParentWatch.Start(orphaned.Cancel) : null;
            await node.WaitAsync(orphaned.Token);
            return 0;
        }
        catch (NodeStartException exception)
        {
            await Console.Error.WriteLineAsync($"storage-node: {exception.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    private static void Log(ILoggingBuilder logging, bool verbose) => logging
        .SetMinimumLevel(verbose ? LogLevel.Debug : LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });

    private static async Task<StorageNodeOptions> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var names = parsed.GetValue(Storage)!;
        var folders = parsed.GetValue(Folder)!;
        if (names.Length != folders.Length)
        {
            throw new NodeStartException($"{names.Length} storages but {folders.Length} paths: give one --path for each --storage");
        }

        return new StorageNodeOptions
        {
            Storages = names.Zip(folders, (name, folder) => new StorageOptions(name, folder)).ToList(),
            Listen = parsed.GetValue(Listen)!,
            Token = await ReadTokenAsync(parsed, cancellationToken),
            Durable = !parsed.GetValue(NoSync),
            MaxGitProcesses = parsed.GetValue(MaxGit) ?? Git.GitProcessLimit.Default,
            GitPath = parsed.GetValue(GitPath) ?? "git",
        };
    }

    private static async Task<string> ReadTokenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var token = parsed.GetValue(Token);
        if (parsed.GetValue(TokenFile) is not { } file)
        {
            return token ?? "";
        }

        if (token is not null)
        {
            throw new NodeStartException("both --token and --token-file are given: give one of them");
        }

        try
        {
            var text = (await File.ReadAllTextAsync(file, cancellationToken)).Trim();
            return text.Length > 0 ? text : throw new NodeStartException($"token file {file} is empty");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException($"token file {file} cannot be read: {exception.Message}", exception);
        }
    }
}
