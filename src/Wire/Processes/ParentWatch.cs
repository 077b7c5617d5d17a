namespace Praefect.Wire.Processes;

/// <summary>Notices the end of the parent process by the end of standard input, which the operating system brings about even after SIGKILL.</summary>
public sealed class ParentWatch : IDisposable
{
    private readonly CancellationTokenSource _over = new();

    private ParentWatch()
    {
    }

    /// <summary>Watches until disposed of.</summary>
    /// <param name="ended">What to do when standard input ends.</param>
    public static ParentWatch Start(Action ended)
    {
        var watch = new ParentWatch();

        // Reading standard input blocks a thread and cannot be cancelled: a background thread of its own dies with the process.
        new Thread(() => watch.Run(ended)) { IsBackground = true, Name = "parent watch" }.Start();
        return watch;
    }

    /// <inheritdoc/>
    public void Dispose() => _over.Cancel();

    private void Run(Action ended)
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[256];
        while (input.Read(buffer) > 0)
        {
            // What the parent says means nothing; that it still could is all that counts.
        }

        if (!_over.IsCancellationRequested)
            ended();
    }
}
