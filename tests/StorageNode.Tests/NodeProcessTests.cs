using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Praefect.StorageNode.Hosting;
using Praefect.StorageNode.Repositories;

namespace Praefect.StorageNode.Tests;

/// <summary>The node as its own process: started, killed and started again.</summary>
public sealed class NodeProcessTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_node_killed_in_the_middle_of_a_push_starts_again_and_takes_the_next_push()
    {
        _folder.Make("storage");
        var work = await GitClient.WorkTreeAsync(_folder, "work");
        using (var first = await StartAsync())
        {
            await using var front = TestNode.At(await AddressAsync(), _folder["storage"]);
            var url = new Uri(await front.ServeHttpAsync(), "a/b.git").ToString();
            await front.CreateAsync();
            await GitClient.RunAsync(work, "push", "-q", url, "main");
            await File.WriteAllBytesAsync(Path.Combine(work, "big"), RandomNumberGenerator.GetBytes(30_000_000));
            await GitClient.CommitAsync(work, "big");
            using var push = GitClient.Start(work, "push", url, "main");
            await Eventually.IsTrueAsync(() => Directory.EnumerateDirectories(Path.Combine(_folder["storage"], "a/b.git/objects"), "tmp_objdir-*").Any() || push.HasExited);
            first.Kill();
            await push.WaitForExitAsync();
            await first.WaitForExitAsync();
        }

        // What a git process killed outright leaves behind, too.
        await File.WriteAllTextAsync(Path.Combine(_folder["storage"], "a/b.git/refs/heads/main.lock"), "");
        await File.WriteAllTextAsync(Path.Combine(_folder["storage"], "a/b.git/packed-refs.lock"), "");
        File.Delete(_folder["address"]);
        using var second = await StartAsync();
        await using var again = TestNode.At(await AddressAsync(), _folder["storage"]);
        var next = new Uri(await again.ServeHttpAsync(), "a/b.git").ToString();
        await GitClient.RunAsync(work, "push", "-q", next, "main");
        var head = await GitClient.RunAsync(work, "rev-parse", "HEAD");

        Assert.StartsWith(head, await GitClient.RunAsync(work, "ls-remote", next, "refs/heads/main"), StringComparison.Ordinal);
        await GitClient.RunAsync(Path.Combine(_folder["storage"], "a/b.git"), "fsck");
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(_folder["storage"], "a/b.git/objects"), "tmp_objdir-*"));
        await StopAsync(second);
    }

    [Fact]
    public async Task A_node_told_to_end_exits_with_0()
    {
        _folder.Make("storage");
        using var node = await StartAsync();
        await AddressAsync();
        await StopAsync(node);

        Assert.Equal(0, node.ExitCode);
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_said_so_in_one_line()
    {
        using var node = await StartAsync();
        var error = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();

        Assert.Equal(1, node.ExitCode);
        Assert.Contains("does not exist: create it", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task A_storage_in_use_is_refused()
    {
        await using var node = await TestNode.StartAsync(_folder["storage"]);
        var exception = await Assert.ThrowsAsync<NodeStartException>(() => TestNode.StartAsync(_folder["storage"]));

        Assert.Contains("in use by another storage node", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_use_is_refused()
    {
        await using var node = await TestNode.StartAsync(_folder["storage"]);
        _folder.Make("other");
        var options = new StorageNodeOptions { Storages = [new StorageOptions("other", _folder["other"])], Listen = [node.Address] };
        var exception = await Assert.ThrowsAsync<NodeStartException>(() => StorageNodeServer.StartAsync(options));

        Assert.Contains("cannot listen on", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_git_is_said_so()
    {
        _folder.Make("storage");
        var options = new StorageNodeOptions { Storages = [new StorageOptions("s", _folder["storage"])], Listen = ["tcp://127.0.0.1:0"], GitPath = "/no/such/git" };
        var exception = await Assert.ThrowsAsync<NodeStartException>(() => StorageNodeServer.StartAsync(options));

        Assert.Contains("install git", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_is_a_file_is_left_alone_and_told()
    {
        _folder.Make("storage");
        var file = _folder["not-a-socket"];
        await File.WriteAllTextAsync(file, "precious");
        var options = new StorageNodeOptions { Storages = [new StorageOptions("gitaly-1", _folder["storage"])], Listen = [$"unix:{file}"] };

        var exception = await Assert.ThrowsAsync<NodeStartException>(() => StorageNodeServer.StartAsync(options));

        Assert.Contains("is a file, not a socket", exception.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_process_without_git_in_its_path_says_so_in_one_line()
    {
        _folder.Make("storage");
        using var node = await StartAsync(path: _folder.Make("empty"));
        var error = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();

        Assert.Equal(1, node.ExitCode);
        Assert.Contains("git was not found (git): install git", Assert.Single(error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("git version 2.30.9", "too old")]
    [InlineData("hello", "not git")]
    public void A_git_that_will_not_do_is_refused(string version, string reason) =>
        Assert.Contains(reason, Assert.Throws<NodeStartException>(() => Git.GitExecutable.Parse("git", version)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_restart_keeps_what_was_there()
    {
        string checksum;
        await using (var node = await TestNode.StartAsync(_folder["storage"]))
        {
            await node.CreateAsync();
            var work = await GitClient.WorkTreeAsync(_folder, "work");
            await GitClient.RunAsync(work, "push", "-q", new Uri(await node.ServeHttpAsync(), "a/b.git").ToString(), "main");
            checksum = await node.ChecksumAsync();
        }

        await using var again = await TestNode.StartAsync(_folder["storage"]);
        Assert.Equal(checksum, await again.ChecksumAsync());
        Assert.NotEqual(ReferenceChecksum.Empty, checksum, StringComparer.Ordinal);
    }

    private static async Task StopAsync(Process node)
    {
        _ = Kill(node.Id, 15);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await node.WaitForExitAsync(limit.Token);
    }

    private Task<Process> StartAsync(string? path = null)
    {
        var assembly = typeof(StorageNodeServer).Assembly.Location;

        // The running dotnet by its path: a crafted PATH need not have it.
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "exec", assembly, "--storage", "default", "--path", _folder["storage"], "--listen", "tcp://127.0.0.1:0", "--address-file", _folder["address"], "--no-fsync" })
        {
            start.ArgumentList.Add(argument);
        }

        if (path is not null)
        {
            start.Environment["PATH"] = path;
        }

        return Task.FromResult(Process.Start(start)!);
    }

    private async Task<string> AddressAsync()
    {
        await Eventually.IsTrueAsync(() => File.Exists(_folder["address"]));
        return (await File.ReadAllTextAsync(_folder["address"])).Trim();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
