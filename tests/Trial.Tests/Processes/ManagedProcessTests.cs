using Praefect.Trial.Processes;

namespace Praefect.Trial.Tests.Processes;

public sealed class ManagedProcessTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("praefect-process-").FullName;
    private readonly List<ManagedProcess> _processes = [];

    [Fact]
    public async Task A_process_is_ready_when_its_condition_holds_and_its_output_is_in_its_log()
    {
        var mark = Path.Combine(_folder, "mark");
        var process = Shell($"echo hello; echo trouble >&2; touch '{mark}'; cat", _ => Task.FromResult(File.Exists(mark)));

        process.Start();
        await process.WaitUntilReadyAsync(Limit, CancellationToken.None);

        Assert.True(process.Running);
        Assert.False(await process.StopAsync(Limit));
        var log = await process.LogTailAsync();
        Assert.Contains("hello", log, StringComparison.Ordinal);
        Assert.Contains("trouble", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_ends_before_it_is_ready_is_told_with_its_log()
    {
        var process = Shell("echo no luck; exit 3", _ => Task.FromResult(false));
        process.Start();

        var error = await Assert.ThrowsAsync<ProcessFailedException>(() => process.WaitUntilReadyAsync(Limit, CancellationToken.None));

        Assert.Contains("ended with exit code 3 before it was ready", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_never_ready_is_told_after_the_limit()
    {
        var process = Shell("cat", _ => throw new HttpRequestException("not listening"));
        process.Start();

        var error = await Assert.ThrowsAsync<ProcessFailedException>(() => process.WaitUntilReadyAsync(TimeSpan.FromMilliseconds(200), CancellationToken.None));

        Assert.Contains("was not ready after", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_it_is_gone_at_once_and_can_be_started_again()
    {
        var process = Shell("echo start; cat", null);
        process.Start();
        var first = process.Id;

        await process.KillAsync();
        Assert.Equal(137, process.ExitCode);
        process.Start();

        Assert.True(process.Running);
        Assert.NotEqual(first, process.Id);
    }

    [Fact]
    public async Task Asked_to_stop_it_may_end_by_itself()
    {
        var mark = Path.Combine(_folder, "trap");
        var process = Shell($"trap 'exit 0' TERM; touch '{mark}'; while :; do read line || sleep 0.05; done", _ => Task.FromResult(File.Exists(mark)));
        process.Start();
        await process.WaitUntilReadyAsync(Limit, CancellationToken.None);

        Assert.True(await process.StopAsync(Limit));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task One_that_ignores_the_request_is_killed()
    {
        var mark = Path.Combine(_folder, "deaf");
        var process = Shell($"trap '' TERM; touch '{mark}'; while :; do read line || sleep 0.05; done", _ => Task.FromResult(File.Exists(mark)));
        process.Start();
        await process.WaitUntilReadyAsync(Limit, CancellationToken.None);

        Assert.False(await process.StopAsync(TimeSpan.FromMilliseconds(200)));
        Assert.Equal(137, process.ExitCode);
    }

    [Fact]
    public async Task A_frozen_process_does_nothing_until_it_is_thawed()
    {
        var process = Shell("cat", null);
        process.Start();
        process.Freeze();
        await UntilAsync(() => State(process.Id) == 'T');

        process.Thaw();

        await UntilAsync(() => State(process.Id) is 'S' or 'R');
    }

    [Fact]
    public async Task An_executable_that_is_missing_is_told()
    {
        var process = new ManagedProcess(new ProcessSpec { Name = "ghost", FileName = "/nowhere/ghost", LogFile = Path.Combine(_folder, "ghost.log") }, TimeProvider.System);

        var error = Assert.Throws<ProcessFailedException>(process.Start);

        Assert.Contains("ghost could not be started: /nowhere/ghost", error.Message, StringComparison.Ordinal);
        await process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static char State(int id)
    {
        var stat = File.ReadAllText($"/proc/{id}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
            await Task.Delay(10, limit.Token);
    }

    private ManagedProcess Shell(string script, Func<CancellationToken, Task<bool>>? ready)
    {
        var spec = new ProcessSpec
        {
            Name = "shell",
            FileName = "/bin/sh",
            Arguments = ["-c", script],
            LogFile = Path.Combine(_folder, "logs", $"{_processes.Count}.log"),
            Ready = ready,
        };
        var process = new ManagedProcess(spec, TimeProvider.System);
        _processes.Add(process);
        return process;
    }
}
