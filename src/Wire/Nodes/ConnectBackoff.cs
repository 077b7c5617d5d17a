using System.Runtime.ExceptionServices;

namespace Praefect.Wire.Nodes;

/// <summary>
/// Connects, and after a failure fails every further attempt with the same error until a pause is over. So a node that swallows packets
/// costs each call nothing, while one that is back is found again within the longest pause.
/// </summary>
internal sealed class ConnectBackoff(TimeSpan first, TimeSpan max, TimeProvider time)
{
    private readonly Lock _gate = new();
    private TimeSpan _pause;
    private long _failedAt;
    private Exception? _error;

    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> connect, CancellationToken cancellationToken)
    {
        ThrowIfPausing();
        try
        {
            var connected = await connect(cancellationToken);
            lock (_gate)
            {
                _error = null;
                _pause = TimeSpan.Zero;
            }

            return connected;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            lock (_gate)
            {
                _error = e;
                _failedAt = time.GetTimestamp();
                _pause = _pause == TimeSpan.Zero ? first : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, max.Ticks));
            }

            throw;
        }
    }

    private void ThrowIfPausing()
    {
        Exception? error;
        lock (_gate)
            error = _error is not null && time.GetElapsedTime(_failedAt) < _pause ? _error : null;
        if (error is not null)
            ExceptionDispatchInfo.Throw(new IOException(error.Message, error));
    }
}
