using Praefect.Trial.Processes;

namespace Praefect.Cluster;

/// <summary>Starts processes as whatever supervises them would.</summary>
internal static class Supervised
{
    private const int Attempts = 3;

    /// <summary>
    /// Starts it where it does not run, and waits until it serves. One that ends before that is started again: a silo that the machine keeps from answering for
    /// seconds is declared dead by the others, and ends.
    /// </summary>
    /// <exception cref="ProcessFailedException">It took too long, or ended again and again.</exception>
    public static async Task StartAsync(ManagedProcess process, TimeSpan limit, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (!process.Running)
                process.Start();
            try
            {
                await process.WaitUntilReadyAsync(limit, cancellationToken);
                return;
            }
            catch (ProcessFailedException) when (attempt < Attempts && !process.Running)
            {
                // The next attempt starts it.
            }
        }
    }
}
