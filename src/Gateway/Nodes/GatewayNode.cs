using Praefect.Grains.Nodes;
using Praefect.Wire.Nodes;

namespace Praefect.Gateway.Nodes;

/// <summary>What this gateway knows of one node by its own traffic: calls in flight, and whether it could be reached lately.</summary>
/// <param name="key">Which it is.</param>
/// <param name="connection">The way to it; null where calls are made by other means.</param>
internal sealed class GatewayNode(NodeKey key, NodeConnection? connection) : IDisposable
{
    private int _outstanding;
    private long _avoidUntil = long.MinValue;
    private int _suspecting;
    private CancellationTokenSource _silence = new();

    public NodeKey Key { get; } = key;

    public string Storage => Key.Storage;

    public NodeConnection Connection => connection ?? throw new InvalidOperationException($"there is no connection to {Key}");

    /// <summary>Calls in flight from this gateway.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Fires when the node falls silent with calls under way. Taken anew for each call.</summary>
    public CancellationToken Silence => Volatile.Read(ref _silence).Token;

    /// <summary>Tells those that wait for it now, and nobody who comes later.</summary>
    public Task FallSilentAsync() => Interlocked.Exchange(ref _silence, new CancellationTokenSource()).CancelAsync();

    public void Enter() => Interlocked.Increment(ref _outstanding);

    public void Leave() => Interlocked.Decrement(ref _outstanding);

    /// <param name="timestamp">Of the time provider.</param>
    public bool IsAvoided(long timestamp) => timestamp < Volatile.Read(ref _avoidUntil);

    public void AvoidUntil(long timestamp) => Volatile.Write(ref _avoidUntil, timestamp);

    /// <summary>An answer came: whatever was wrong is over.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _avoidUntil) != long.MinValue)
            Volatile.Write(ref _avoidUntil, long.MinValue);
    }

    /// <summary>True for the one caller that may report the suspicion now; it calls <see cref="EndSuspecting"/> after.</summary>
    public bool TryBeginSuspecting() => Interlocked.CompareExchange(ref _suspecting, 1, 0) == 0;

    public void EndSuspecting() => Volatile.Write(ref _suspecting, 0);

    public void Dispose() => _silence.Dispose();
}
