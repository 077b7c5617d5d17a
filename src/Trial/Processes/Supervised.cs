namespace Praefect.Trial.Processes;

/// <summary>Starts processes, and starts them again, as whatever supervises them would.</summary>
public static class Supervised
{
    private const int Attempts = 3;

    /// <summary>Wait before a process that ended is started again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Starts it where it does not run, and waits until it serves. One that ends before that is started again: a silo that the machine keeps from answering for
    /// seconds is declared dead by the others, and ends.
    /// </summary>
    /// <exception cref="ProcessFailedException">It took too long, or ended again and again.</exception>
    public static async Task StartAsync(ManagedProcess process, TimeSpan limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(process);
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

    /// <summary>Starts a running process again whenever it ends, until it is told to stop doing so.</summary>
    /// <param name="process">Nobody else starts or stops it meanwhile.</param>
    /// <param name="say">Told of each end and each new start.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends the watch; the process goes on.</param>
    public static async Task KeepAsync(ManagedProcess process, Action<string> say, TimeProvider time, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(say);
        try
        {
            while (true)
            {
                var code = await process.WaitForExitAsync(stop);
                say($"{process.Spec.Name} ended with exit code {code}");
                await Task.Delay(Pause, time, stop);
                process.Start();
                say($"{process.Spec.Name} is started again, as process {process.Id}");
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }
}
