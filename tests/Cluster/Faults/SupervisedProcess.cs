using Praefect.Trial.Processes;

namespace Praefect.Cluster.Faults;

/// <summary>A process that is started again when it ends by itself.</summary>
/// <param name="Name">Which one.</param>
/// <param name="Process">The process.</param>
internal sealed record SupervisedProcess(string Name, ManagedProcess Process)
{
    private static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(90);

    /// <summary>Starts it where it does not run, and waits until it serves.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Supervised.StartAsync(Process, ReadyMax, cancellationToken);
}
