using System.Diagnostics;

namespace Praefect.StorageNode.Tests;

/// <summary>The git of a user: what people type.</summary>
internal static class GitClient
{
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var (code, output) = await TryAsync(folder, arguments);
        return code == 0 ? output.Trim() : throw new InvalidOperationException($"git {string.Join(' ', arguments)}: {code}: {output}");
    }

    public static async Task<(int Code, string Output)> TryAsync(string folder, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output + await error);
    }

    public static Process Start(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git") { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("GIT_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = folder;
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_AUTHOR_NAME"] = start.Environment["GIT_COMMITTER_NAME"] = "Tester";
        start.Environment["GIT_AUTHOR_EMAIL"] = start.Environment["GIT_COMMITTER_EMAIL"] = "tester@example.org";
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    /// <summary>A work tree with one commit on main; returns its folder.</summary>
    public static async Task<string> WorkTreeAsync(TestFolder folder, string name)
    {
        var path = folder.Make(name);
        await RunAsync(path, "init", "-q", "-b", "main");
        await CommitAsync(path, "first");
        return path;
    }

    public static async Task<string> CommitAsync(string path, string text)
    {
        await File.WriteAllTextAsync(Path.Combine(path, "file.txt"), text);
        await RunAsync(path, "add", "-A");
        await RunAsync(path, "commit", "-q", "-m", text);
        return await RunAsync(path, "rev-parse", "HEAD");
    }
}
