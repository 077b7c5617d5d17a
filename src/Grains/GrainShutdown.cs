namespace Praefect.Grains;

/// <summary>
/// Tells the grains of this process that it is about to stop. The runtime ends an activation only when its calls have ended, and lets none in meanwhile; a vote
/// that waits for another one would hold up the stop, and the repository with it, until the process is out of time.
/// </summary>
public sealed class GrainShutdown : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    /// <summary>Cancelled when the grains are to let go of those who wait.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Begins. The gateway of the same process must have ended its calls before.</summary>
    public Task BeginAsync() => _source.CancelAsync();

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
