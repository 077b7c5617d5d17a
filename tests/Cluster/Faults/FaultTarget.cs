using Praefect.Trial.Processes;

namespace Praefect.Cluster.Faults;

/// <summary>A process that faults may hit.</summary>
/// <param name="Role">What it is: the second half of a fault's name.</param>
/// <param name="Name">Which one.</param>
/// <param name="Process">The process; null for Postgres, which has its own way to start.</param>
/// <param name="Start">Starts it again and waits until it serves.</param>
/// <param name="Kill">Kills it.</param>
internal sealed record FaultTarget(string Role, string Name, ManagedProcess? Process, Func<CancellationToken, Task> Start, Func<Task> Kill)
{
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(90);

    public static FaultTarget Of(string role, string name, ManagedProcess process) => new(
        role,
        name,
        process,
        cancellationToken => Supervised.StartAsync(process, ReadyMax, cancellationToken),
        process.KillAsync);

    public static FaultTarget Of(PostgresProcess postgres) => new("postgres", "postgres", null, postgres.StartAsync, postgres.KillAsync);
}
