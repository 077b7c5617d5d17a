using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Praefect.Trial.Tests.Scripts;

/// <summary>The scripts of this project, run with an environment that a test makes up.</summary>
internal static class Shell
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>What the scripts may rely on beside .NET and git.</summary>
    private static readonly string[] BasicTools =
        ["bash", "cat", "cksum", "cp", "dirname", "env", "find", "grep", "head", "id", "ls", "mkdir", "mktemp", "rm", "sed", "sort", "tail", "timeout", "touch", "uname", "xargs"];

    /// <summary>The project's root folder.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", ".."));

    /// <summary>Fills a folder with links to the basic tools and to <paramref name="more"/>; it can stand as the whole of PATH.</summary>
    public static string Tools(string folder, params string[] more)
    {
        Directory.CreateDirectory(folder);
        foreach (var tool in BasicTools.Concat(more))
        {
            if (Find(tool) is { } found)
                File.CreateSymbolicLink(Path.Combine(folder, tool), found);
        }

        return folder;
    }

    /// <summary>Runs bash with arguments; variables with the value null are removed.</summary>
    public static async Task<(int Code, string Output)> RunAsync(IReadOnlyDictionary<string, string?> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find("bash")!, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, (await output + await errors).Trim());
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string? Find(string tool) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);

    private static string Here([CallerFilePath] string path = "") => path;
}
