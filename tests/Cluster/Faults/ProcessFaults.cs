using Praefect.Trial.Processes;

namespace Praefect.Cluster.Faults;

/// <summary>Processes that are killed, frozen and restarted.</summary>
internal static class ProcessFaults
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    /// <summary>SIGKILL, SIGSTOP with a later SIGCONT, and SIGTERM, each of one process.</summary>
    public static IEnumerable<Fault> Of(string role, SupervisedProcess target) =>
    [
        new Fault($"kill-{role}", $"kill {target.Name}", async _ => await KillAsync(target), target.StartAsync) { Stops = [target.Name] },
        new Fault($"freeze-{role}", $"freeze {target.Name}", _ => Freeze(target), token => ThawAsync(target, token)) { Stops = [target.Name] },
        new Fault($"restart-{role}", $"restart {target.Name}", _ => StopAsync(target), target.StartAsync) { Stops = [target.Name] },
    ];

    /// <summary>All of a role restarted one after the other, as for a new release.</summary>
    public static Fault Rolling(string role, IReadOnlyList<SupervisedProcess> targets) => new(
        $"rolling-restart-{role}s",
        $"restart all {role}s in turn",
        async token =>
        {
            var told = new List<string>();
            foreach (var target in targets)
            {
                if (await StopAsync(target) is { } text)
                    told.Add(text);
                await target.StartAsync(token);
            }

            return told.Count == 0 ? null : string.Join("; ", told);
        },
        static _ => Task.CompletedTask)
    {
        Stops = [.. targets.Select(static target => target.Name)],
        Alone = true,
        Seconds = (0, 1),
    };

    /// <summary>SIGKILL of the database.</summary>
    public static Fault Of(PostgresProcess postgres) => new("kill-postgres", "kill postgres", async _ => await KillAsync(postgres), postgres.StartAsync)
    {
        Underlies = true,
        Stops = [ClusterProcesses.DatabaseName],
    };

    private static async Task<string?> KillAsync(SupervisedProcess target)
    {
        if (target.Process.Running)
            await target.Process.KillAsync();
        return null;
    }

    private static async Task<string?> KillAsync(PostgresProcess postgres)
    {
        await postgres.KillAsync();
        return null;
    }

    private static Task<string?> Freeze(SupervisedProcess target)
    {
        if (target.Process.Running)
            target.Process.Freeze();
        return Task.FromResult<string?>(null);
    }

    private static async Task ThawAsync(SupervisedProcess target, CancellationToken cancellationToken)
    {
        if (target.Process.Running)
            target.Process.Thaw();
        else
            await target.StartAsync(cancellationToken);
    }

    private static async Task<string?> StopAsync(SupervisedProcess target) =>
        target.Process.Running && !await target.Process.StopAsync(StopMax) ? $"{target.Name} did not stop well: exit code {target.Process.ExitCode}" : null;
}
